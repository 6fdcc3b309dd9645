with

current_rows as (
    {{ current_rows("services", ["service_id"], [
        "service_id",
        "participant_id",
        "service_type",
        "service_date",
        "amount",
    ]) }}
),

final as (
    select
        source,
        service_id,
        participant_id,
        service_type,
        cast(service_date as date) as service_date,
        cast(amount as decimal(12, 2)) as amount_usd,
        file_sha256,
        row_number
    from current_rows
)

select * from final
