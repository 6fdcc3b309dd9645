-- Everybody who is enrolled by the day built, once for the total and once for each of their sectors, since when.
{{ config(
    schema="indicators", access="protected", contract={"enforced": false}
) }}
with

person_sectors as (
    select * from {{ ref("int_person_sectors") }}
    where first_training_start_date <= {{ as_of_date() }}
),

final as (
    select
        'all' as sector,
        person_key,
        min(first_training_start_date) as first_date
    from person_sectors
    group by person_key
    union all
    select
        sector,
        person_key,
        first_training_start_date as first_date
    from person_sectors
)

select * from final
