with

placements as (
    select * from {{ ref("int_placements") }}
),

final as (
    select
        placement_key,
        person_key,
        sector,
        organization_key,
        source,
        placement_id,
        enrollment_id,
        start_date,
        placement_type,
        apprenticeship_registration_id_present as has_apprenticeship_registration_id,
        training_related_flag,
        subsidized_flag,
        same_employer_flag,
        promotion_flag,
        wage_usd_per_hour,
        is_hours_assumed,
        wage_amount_usd,
        wage_unit,
        hours_per_week,
        soc_code,
        naics_code,
        orphan_reason,
        file_sha256,
        row_number
    from placements
)

select * from final
order by source, file_sha256, row_number
