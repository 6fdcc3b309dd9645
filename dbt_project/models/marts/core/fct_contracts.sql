with

contracts as (
    select * from {{ ref("int_contracts") }}
),

final as (
    select
        contract_key,
        organization_key,
        sector,
        source,
        contract_id,
        contract_type,
        status,
        execution_date,
        amendment_of,
        amount_usd,
        file_sha256,
        row_number
    from contracts
)

select * from final
order by source, contract_id
