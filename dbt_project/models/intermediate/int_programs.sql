with

programs as (
    select * from {{ ref("stg_programs") }}
),

organization_names as (
    select
        mention_name,
        organization_key
    from {{ ref("int_organization_names") }}
    where mention_ein = ''
),

final as (
    select
        {{ surrogate_key(["programs.source", "'program'", "programs.program_id"]) }} as program_key,
        programs.source,
        programs.program_id,
        programs.program_name,
        programs.sector,
        programs.program_type,
        programs.development_status,
        programs.status_date,
        programs.high_road_flag,
        programs.provider_name,
        organization_names.organization_key as provider_organization_key,
        programs.cip_code,
        programs.credential_name,
        programs.file_sha256,
        programs.row_number
    from programs
    left join organization_names on programs.provider_name = organization_names.mention_name
)

select * from final
