with

current_rows as (
    {{ current_rows("enrollments", ["enrollment_id"], [
        "enrollment_id",
        "participant_id",
        "program_id",
        "sector",
        "status",
        "training_start_date",
        "completion_date",
        "withdrawal_date",
        "credential_name",
        "credential_date",
    ]) }}
),

final as (
    select
        source,
        enrollment_id,
        participant_id,
        program_id,
        sector,
        status,
        cast(training_start_date as date) as training_start_date,
        cast(completion_date as date) as completion_date,
        cast(withdrawal_date as date) as withdrawal_date,
        -- the name is free text, which may name a person: only that there is one goes on
        credential_name is not null or credential_date is not null as has_credential,
        cast(credential_date as date) as credential_date,
        file_sha256,
        row_number
    from current_rows
)

select * from final
