with

current_rows as (
    {{ current_rows("partners", ["partner_id"], [
        "partner_id",
        "organization_name",
        "organization_ein",
        "organization_type",
        "sector",
        "commitment_status",
        "commitment_date",
        "withdrawn_date",
    ]) }}
),

final as (
    select
        source,
        partner_id,
        organization_name,
        organization_ein,
        organization_type,
        sector,
        commitment_status,
        cast(commitment_date as date) as commitment_date,
        cast(withdrawn_date as date) as withdrawn_date,
        file_sha256,
        row_number
    from current_rows
)

select * from final
