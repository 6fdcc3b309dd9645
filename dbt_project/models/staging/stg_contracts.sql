with

current_rows as (
    {{ current_rows("contracts", ["contract_id"], [
        "contract_id",
        "contractor_name",
        "contract_type",
        "sector",
        "status",
        "execution_date",
        "amendment_of",
        "amount",
    ]) }}
),

final as (
    select
        source,
        contract_id,
        contractor_name,
        contract_type,
        sector,
        status,
        cast(execution_date as date) as execution_date,
        amendment_of,
        cast(amount as decimal(18, 2)) as amount_usd,
        file_sha256,
        row_number
    from current_rows
)

select * from final
