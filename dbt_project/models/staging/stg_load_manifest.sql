with

manifest as (
    select * from {{ source("raw", "load_manifest") }}
),

final as (
    select
        source,
        entity,
        file_sha256,
        file_name,
        mode,
        cast(data_through_date as date) as data_through_date,
        cast(first_through_date as date) as first_through_date,
        cast(received_at as timestamp) as received_at,
        cast(source_sequence as bigint) as source_sequence,
        state,
        reason,
        cast(coalesce(rows_in, 0) as bigint) as rows_in,
        cast(coalesce(rows_loaded, 0) as bigint) as rows_loaded,
        cast(coalesce(rows_quarantined, 0) as bigint) as rows_quarantined,
        cast(coalesce(rows_duplicate, 0) as bigint) as rows_duplicate,
        cast(coalesce(rows_blank, 0) as bigint) as rows_blank,
        warnings
    from manifest
)

select * from final
