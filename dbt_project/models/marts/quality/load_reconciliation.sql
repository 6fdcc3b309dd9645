with

manifest as (
    select * from {{ ref("int_load_manifest") }}
),

-- Counted again from the rows themselves, so that the manifest is checked and not only repeated.
loaded as (
    select
        source,
        entity,
        file_sha256,
        count(*) as rows_in_raw
    from {{ ref("loaded_rows") }}
    group by source, entity, file_sha256
),

quarantined as (
    select
        source,
        entity,
        file_sha256,
        count(distinct row_number) filter (where severity = 'error') as rows_in_quarantine
    from {{ ref("quarantined_rows") }}
    group by source, entity, file_sha256
),

counted as (
    select
        manifest.*,
        coalesce(loaded.rows_in_raw, 0) as rows_in_raw,
        coalesce(quarantined.rows_in_quarantine, 0) as rows_in_quarantine
    from manifest
    left join loaded
        on
            manifest.source = loaded.source
            and manifest.entity = loaded.entity
            and manifest.file_sha256 = loaded.file_sha256
    left join quarantined
        on
            manifest.source = quarantined.source
            and manifest.entity = quarantined.entity
            and manifest.file_sha256 = quarantined.file_sha256
),

final as (
    select
        source,
        entity,
        file_sha256,
        file_name,
        data_through_date,
        received_at,
        state,
        reason,
        rows_in,
        rows_loaded,
        rows_quarantined,
        rows_duplicate,
        rows_blank,
        mode,
        source_sequence,
        is_current,
        rows_in_raw,
        rows_in_quarantine,
        state <> 'loaded' or rows_in = rows_loaded + rows_quarantined + rows_duplicate + rows_blank as is_reconciled,
        rows_in_raw = case when state = 'loaded' then rows_loaded else 0 end as is_raw_complete,
        state <> 'loaded' or rows_in_quarantine = rows_quarantined as is_quarantine_complete
    from counted
)

select * from final
order by source, source_sequence, entity, file_sha256
