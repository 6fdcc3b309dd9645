with

current_rows as (
    {{ current_rows("participants", ["participant_id"], [
        "participant_id",
        "gender",
        "race",
        "hispanic",
        "systems_involved",
        "systems_impacted",
        "homeless",
        "foster_youth",
        "veteran",
        "disability",
        "low_income",
        "employment_status_at_entry",
    ]) }}
),

record_keys as (
    select
        source,
        record_id as participant_id,
        person_key
    from {{ source("identity", "record_keys") }}
    where record_type = 'participant'
),

final as (
    select
        current_rows.source,
        current_rows.participant_id,
        record_keys.person_key,
        current_rows.gender,
        current_rows.race as race_codes,
        current_rows.hispanic as hispanic_flag,
        current_rows.systems_involved as systems_involved_flag,
        current_rows.systems_impacted as systems_impacted_flag,
        current_rows.homeless as homeless_flag,
        current_rows.foster_youth as foster_youth_flag,
        current_rows.veteran as veteran_flag,
        current_rows.disability as disability_flag,
        current_rows.low_income as low_income_flag,
        current_rows.employment_status_at_entry,
        current_rows.file_sha256,
        current_rows.row_number
    from current_rows
    left join record_keys
        on
            current_rows.source = record_keys.source
            and current_rows.participant_id = record_keys.participant_id
)

select * from final
