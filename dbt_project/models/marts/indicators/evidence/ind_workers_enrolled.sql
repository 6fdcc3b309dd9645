-- Charter 3. One row an enrollment: a person counts from the day on which a training of theirs started.
with

enrollments as (
    select * from {{ ref("int_enrollments") }}
),

judged as (
    select
        sector,
        person_key,
        training_start_date,
        enrollment_key,
        source,
        file_sha256,
        row_number,
        case
            when person_key is null then 'ORPHAN'
            when not has_started then 'NOT_STARTED'
        end as reason,
        upper(status) as status_flag
    from enrollments
),

final as (
    select
        'workers_enrolled' as indicator_key,
        sector,
        person_key as subject_key,
        training_start_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        status_flag as flag,
        source,
        file_sha256,
        row_number,
        enrollment_key as tie_break
    from judged
)

select * from final
