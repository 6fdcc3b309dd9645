with

contracts as (
    select * from {{ ref("stg_contracts") }}
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
        {{ surrogate_key(["contracts.source", "'contract'", "contracts.contract_id"]) }} as contract_key,
        contracts.source,
        contracts.contract_id,
        organization_names.organization_key,
        contracts.contractor_name,
        contracts.contract_type,
        contracts.sector,
        contracts.status,
        contracts.execution_date,
        contracts.amendment_of,
        contracts.amount_usd,
        contracts.file_sha256,
        contracts.row_number
    from contracts
    left join organization_names on contracts.contractor_name = organization_names.mention_name
)

select * from final
