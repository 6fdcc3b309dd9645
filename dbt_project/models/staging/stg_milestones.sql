with

current_rows as (
    {{ current_rows("milestones", ["milestone_key"], [
        "milestone_key",
        "achieved_date",
        "evidence",
    ]) }}
),

final as (
    select
        source,
        milestone_key,
        cast(achieved_date as date) as achieved_date,
        -- free text, which may name a person
        evidence is not null as has_evidence,
        file_sha256,
        row_number
    from current_rows
)

select * from final
