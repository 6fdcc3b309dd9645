with

current_rows as (
    {{ current_rows("placements", ["placement_id"], [
        "placement_id",
        "participant_id",
        "enrollment_id",
        "employer_name",
        "employer_ein",
        "soc_code",
        "naics_code",
        "start_date",
        "placement_type",
        "apprenticeship_registration_id",
        "training_related",
        "subsidized",
        "wage_amount",
        "wage_unit",
        "hours_per_week",
        "same_employer_as_entry",
        "promotion",
    ]) }}
),

final as (
    select
        source,
        placement_id,
        participant_id,
        enrollment_id,
        employer_name,
        employer_ein,
        -- what is no code is free text, and may name a person
        case when regexp_full_match(soc_code, '[0-9]{2}-?[0-9]{4}([.][0-9]{2})?') then soc_code end as soc_code,
        case when regexp_full_match(naics_code, '[0-9]{2,6}') then naics_code end as naics_code,
        cast(start_date as date) as start_date,
        placement_type,
        apprenticeship_registration_id,
        training_related as training_related_flag,
        subsidized as subsidized_flag,
        cast(wage_amount as decimal(12, 2)) as wage_amount_usd,
        wage_unit,
        cast(hours_per_week as decimal(9, 2)) as hours_per_week,
        same_employer_as_entry as same_employer_flag,
        promotion as promotion_flag,
        file_sha256,
        row_number
    from current_rows
)

select * from final
