with

enrollments as (
    select
        person_key,
        sector,
        training_start_date
    from {{ ref("int_enrollments") }}
    where has_started and orphan_reason is null
),

final as (
    select
        person_key,
        sector,
        min(training_start_date) as first_training_start_date
    from enrollments
    group by person_key, sector
)

select * from final
