-- When each enrollment of an intermediary was first reported, over all its files and not only the current ones.
{{ config(materialized="view") }}

with

raw_rows as (
    select
        _source as source,
        _file_sha256 as file_sha256,
        enrollment_id
    from {{ source("raw", "enrollments") }}
),

files as (
    select
        source,
        file_sha256,
        first_through_date
    from {{ ref("stg_load_manifest") }}
    where entity = 'enrollments' and state = 'loaded'
),

final as (
    select
        raw_rows.source,
        raw_rows.enrollment_id,
        min(files.first_through_date) as first_reported_date
    from raw_rows
    inner join files
        on
            raw_rows.source = files.source
            and raw_rows.file_sha256 = files.file_sha256
    group by raw_rows.source, raw_rows.enrollment_id
)

select * from final
