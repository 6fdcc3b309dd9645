-- In how many sectors persons are enrolled, and how many partners know them. The sum over sectors less the overlap, which
-- is everybody once for each sector beyond the first, is the total.
with

person_sectors as (
    select
        person_key,
        count(*) as n_places
    from {{ ref("int_person_sectors") }}
    where first_training_start_date <= {{ as_of_date() }}
    group by person_key
),

persons as (
    select
        person_key,
        n_sources,
        is_enrolled
    from {{ ref("dim_participant") }}
),

reached as (
    select
        'sectors' as kind,
        n_places,
        true as is_enrolled
    from person_sectors
    union all
    select
        'partners' as kind,
        n_sources as n_places,
        is_enrolled
    from persons
),

final as (
    select
        kind,
        n_places,
        count(*) as n_persons,
        count(*) filter (where is_enrolled) as n_enrolled,
        cast((n_places - 1) * count(*) as bigint) as n_counted_again,
        {{ as_of_date() }} as as_of_date
    from reached
    group by kind, n_places
)

select * from final
order by kind, n_places
