with

enrollments as (
    select * from {{ ref("int_enrollments") }}
),

final as (
    select
        enrollment_key,
        person_key,
        sector,
        program_key,
        source,
        enrollment_id,
        origin,
        status,
        training_start_date,
        completion_date,
        withdrawal_date,
        has_credential,
        credential_date,
        high_road_flag,
        has_started,
        is_completed,
        orphan_reason,
        file_sha256,
        row_number
    from enrollments
)

select * from final
order by source, file_sha256, row_number, enrollment_key
