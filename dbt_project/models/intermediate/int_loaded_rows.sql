-- Every accepted row of every file, and whether it is part of the current state. A view: the mart stores it once.
{{ config(materialized="view") }}

with

loaded_rows as (
    select * from {{ ref("stg_loaded_rows") }}
),

current_rows as (
    {%- for entity in entity_marts() %}
    select
        source,
        '{{ entity }}' as entity,
        file_sha256,
        row_number
    from {{ ref("stg_" ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        loaded_rows.source,
        loaded_rows.entity,
        loaded_rows.file_sha256,
        loaded_rows.row_number,
        current_rows.row_number is not null as is_current,
        case when current_rows.row_number is not null then {{ mart_of_entity("loaded_rows.entity") }} end as mart,
        loaded_rows.person_key,
        nullif(loaded_rows.row_warnings, '') as row_warnings
    from loaded_rows
    left join current_rows
        on
            loaded_rows.source = current_rows.source
            and loaded_rows.entity = current_rows.entity
            and loaded_rows.file_sha256 = current_rows.file_sha256
            and loaded_rows.row_number = current_rows.row_number
)

select * from final
