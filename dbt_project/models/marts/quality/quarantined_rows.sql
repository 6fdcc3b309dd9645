with

quarantined_rows as (
    select * from {{ ref("int_quarantined_rows") }}
),

final as (
    select
        source,
        entity,
        file_sha256,
        row_number,
        rule_id,
        column_name,
        severity,
        message,
        rule_version
    from quarantined_rows
)

select * from final
order by source, entity, file_sha256, row_number, rule_id, column_name
