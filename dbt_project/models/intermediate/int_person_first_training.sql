-- Over all sources and all dates: whoever reads it cuts at the day of the figure.
with

enrollments as (
    select
        person_key,
        training_start_date
    from {{ ref("int_enrollments") }}
    where has_started and orphan_reason is null
),

final as (
    select
        person_key,
        min(training_start_date) as first_training_start_date
    from enrollments
    group by person_key
)

select * from final
