with

partners as (
    select * from {{ ref("stg_partners") }}
),

source_sectors as (
    select distinct
        source,
        sector
    from {{ ref("stg_source_registry") }}
    where sector is not null
),

organization_names as (
    select
        mention_name,
        mention_ein,
        organization_key
    from {{ ref("int_organization_names") }}
),

final as (
    select
        {{ surrogate_key(["partners.source", "'partner'", "partners.partner_id"]) }} as partner_key,
        partners.source,
        partners.partner_id,
        organization_names.organization_key,
        partners.organization_name,
        coalesce(partners.sector, source_sectors.sector) as sector,
        partners.organization_type,
        partners.commitment_status,
        partners.commitment_date,
        partners.withdrawn_date,
        partners.file_sha256,
        partners.row_number
    from partners
    left join source_sectors on partners.source = source_sectors.source
    left join organization_names
        on
            partners.organization_name = organization_names.mention_name
            and coalesce(partners.organization_ein, '') = organization_names.mention_ein
)

select * from final
