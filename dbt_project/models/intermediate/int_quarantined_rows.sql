-- A view: the mart stores it.
{{ config(materialized="view") }}

with

quarantined_rows as (
    select * from {{ ref("stg_quarantined_rows") }}
),

final as (
    select
        source,
        entity,
        file_sha256,
        row_number,
        rule_id,
        rule_version,
        column_name,
        severity,
        message
    from quarantined_rows
)

select * from final
