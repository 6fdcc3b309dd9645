-- Charter 4. One row an enrollment; the amount is 1 for a priority person, else 0. Everybody enrolled is in the
-- denominator; an unknown person is not in the numerator, and is listed.
with

enrollments as (
    select * from {{ ref("int_enrollments") }}
),

persons as (
    select * from {{ ref("int_persons") }}
),

judged as (
    select
        enrollments.sector,
        enrollments.person_key,
        enrollments.training_start_date,
        enrollments.enrollment_key,
        enrollments.source,
        enrollments.file_sha256,
        enrollments.row_number,
        persons.is_priority,
        case
            when enrollments.person_key is null then 'ORPHAN'
            when not enrollments.has_started then 'NOT_STARTED'
        end as reason
    from enrollments
    left join persons
        on enrollments.person_key = persons.person_key
),

final as (
    select
        'priority_population_pct' as indicator_key,
        sector,
        person_key as subject_key,
        training_start_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(case when is_priority = 'Y' then 1 else 0 end as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        reason is null and is_priority is null as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        case
            when reason is not null then null
            when is_priority = 'N' then 'NOT_PRIORITY'
            when is_priority is null then 'PRIORITY_UNKNOWN'
        end as flag,
        source,
        file_sha256,
        row_number,
        enrollment_key as tie_break
    from judged
)

select * from final
