with

programs as (
    select * from {{ ref("int_programs") }}
),

final as (
    select
        program_key,
        source,
        program_id,
        program_name,
        sector,
        program_type,
        development_status,
        status_date,
        high_road_flag,
        provider_name,
        provider_organization_key,
        cip_code,
        credential_name,
        file_sha256,
        row_number
    from programs
)

select * from final
order by source, program_id
