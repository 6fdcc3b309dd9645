-- Every accepted row of every file ever loaded: where it stands and whose it is, without its content.
{{ config(materialized="view") }}

with

record_keys as (
    select
        source,
        record_type,
        record_id,
        person_key
    from {{ source("identity", "record_keys") }}
),

loaded_rows as (
    {%- for entity in entity_marts() %}
    {%- set person_id = entity_person_id(entity) %}
    select
        _source as source,
        '{{ entity }}' as entity,
        _file_sha256 as file_sha256,
        cast(_row_number as bigint) as row_number,
        _warnings as row_warnings,
        '{{ person_id[0] }}' as record_type,
        cast({{ person_id[1] }} as varchar) as record_id
    from {{ source("raw", entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The ids stay behind: only the pseudonymous key goes on.
final as (
    select
        loaded_rows.source,
        loaded_rows.entity,
        loaded_rows.file_sha256,
        loaded_rows.row_number,
        loaded_rows.row_warnings,
        record_keys.person_key
    from loaded_rows
    left join record_keys
        on
            loaded_rows.source = record_keys.source
            and loaded_rows.record_type = record_keys.record_type
            and loaded_rows.record_id = record_keys.record_id
)

select * from final
