with

enrollments as (
    select * from {{ ref("stg_enrollments") }}
),

participants as (
    select
        source,
        participant_id,
        person_key
    from {{ ref("int_participant_records") }}
    where record_type = 'participant'
),

programs as (
    select
        source,
        program_id,
        program_key,
        high_road_flag
    from {{ ref("int_programs") }}
),

intermediary as (
    select
        {{ surrogate_key(["enrollments.source", "'enrollment'", "enrollments.enrollment_id"]) }} as enrollment_key,
        enrollments.source,
        enrollments.enrollment_id,
        participants.person_key,
        enrollments.sector,
        programs.program_key,
        enrollments.status,
        enrollments.training_start_date,
        case when enrollments.status = 'completed' then enrollments.completion_date end as completion_date,
        enrollments.withdrawal_date,
        enrollments.has_credential,
        enrollments.credential_date,
        programs.high_road_flag,
        'intermediary' as origin,
        enrollments.file_sha256,
        enrollments.row_number
    from enrollments
    left join participants
        on
            enrollments.source = participants.source
            and enrollments.participant_id = participants.participant_id
    left join programs
        on
            enrollments.source = programs.source
            and enrollments.program_id = programs.program_id
),

-- Only HRTP-tagged AJCC training is HRTP training.
ajcc as (
    select
        training_key as enrollment_key,
        source,
        cast(null as varchar) as enrollment_id,
        person_key,
        sector,
        cast(null as varchar) as program_key,
        status,
        training_start_date,
        completion_date,
        withdrawal_date,
        false as has_credential,
        cast(null as date) as credential_date,
        cast(null as varchar) as high_road_flag,
        'ajcc_pirl' as origin,
        file_sha256,
        row_number
    from {{ ref("int_pirl_trainings") }}
    where sector is not null
),

combined as (
    select * from intermediary
    union all
    select * from ajcc
),

final as (
    select
        enrollment_key,
        source,
        enrollment_id,
        person_key,
        sector,
        program_key,
        status,
        training_start_date,
        completion_date,
        withdrawal_date,
        has_credential,
        credential_date,
        status not in ('applied', 'waitlisted', 'no_show', 'cancelled') and training_start_date is not null as has_started,
        status = 'completed' and completion_date is not null as is_completed,
        high_road_flag,
        origin,
        case when person_key is null then 'ORPHAN' end as orphan_reason,
        file_sha256,
        row_number
    from combined
)

select * from final
