with

quarantined_rows as (
    select * from {{ source("raw", "quarantined_rows") }}
),

final as (
    select
        source,
        entity,
        file_sha256,
        cast(row_number as bigint) as row_number,
        rule_id,
        rule_version,
        column_name,
        severity,
        message
    from quarantined_rows
)

select * from final
