-- Everyone who stands in two places: enrolled in two sectors, or known to two partners. One row a person and pair.
with

person_sectors as (
    select
        person_key,
        sector,
        first_training_start_date
    from {{ ref("int_person_sectors") }}
    where first_training_start_date <= {{ as_of_date() }}
),

person_partners as (
    select
        person_key,
        source,
        kind,
        case when first_training_start_date <= {{ as_of_date() }} then first_training_start_date end
            as first_training_start_date
    from {{ ref("int_person_partners") }}
),

first_training as (
    select
        person_key,
        first_training_start_date
    from {{ ref("int_person_first_training") }}
),

completions as (
    select
        person_key,
        min(completion_date) as first_completion_date
    from {{ ref("int_enrollments") }}
    where has_started and is_completed and orphan_reason is null
    group by person_key
),

pairs as (
    select
        'sectors' as kind,
        earlier.sector as left_key,
        later.sector as right_key,
        earlier.person_key,
        earlier.first_training_start_date as left_training_start_date,
        later.first_training_start_date as right_training_start_date,
        false as is_ajcc_and_intermediary
    from person_sectors as earlier
    inner join person_sectors as later
        on
            earlier.person_key = later.person_key
            and earlier.sector < later.sector
    union all
    select
        'partners' as kind,
        earlier.source as left_key,
        later.source as right_key,
        earlier.person_key,
        earlier.first_training_start_date as left_training_start_date,
        later.first_training_start_date as right_training_start_date,
        (earlier.kind = 'ajcc') <> (later.kind = 'ajcc') as is_ajcc_and_intermediary
    from person_partners as earlier
    inner join person_partners as later
        on
            earlier.person_key = later.person_key
            and earlier.source < later.source
),

final as (
    select
        pairs.kind,
        pairs.left_key,
        pairs.right_key,
        pairs.person_key,
        pairs.left_training_start_date,
        pairs.right_training_start_date,
        pairs.is_ajcc_and_intermediary,
        coalesce(first_training.first_training_start_date <= {{ as_of_date() }}, false) as is_enrolled,
        coalesce(completions.first_completion_date <= {{ as_of_date() }}, false) as is_completed
    from pairs
    left join first_training on pairs.person_key = first_training.person_key
    left join completions on pairs.person_key = completions.person_key
)

select * from final
order by kind, left_key, right_key, person_key
