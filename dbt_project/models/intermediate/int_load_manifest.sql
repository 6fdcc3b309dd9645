-- A view: the marts of quality store it.
{{ config(materialized="view") }}

with

manifest as (
    select * from {{ ref("stg_load_manifest") }}
),

current_files as (
    select
        source,
        entity,
        file_sha256
    from {{ ref("stg_current_files") }}
),

final as (
    select
        manifest.source,
        manifest.entity,
        manifest.file_sha256,
        manifest.file_name,
        manifest.mode,
        manifest.data_through_date,
        manifest.received_at,
        manifest.source_sequence,
        manifest.state,
        manifest.reason,
        manifest.rows_in,
        manifest.rows_loaded,
        manifest.rows_quarantined,
        manifest.rows_duplicate,
        manifest.rows_blank,
        manifest.warnings,
        current_files.file_sha256 is not null as is_current
    from manifest
    left join current_files
        on
            manifest.source = current_files.source
            and manifest.entity = current_files.entity
            and manifest.file_sha256 = current_files.file_sha256
)

select * from final
