with

manifest as (
    select * from {{ ref("int_load_manifest") }}
),

warned as (
    select
        source,
        entity,
        file_sha256,
        file_name,
        data_through_date,
        warnings,
        unnest(json_keys(warnings)) as warning
    from manifest
    where warnings is not null and warnings <> ''
),

final as (
    select
        source,
        entity,
        file_sha256,
        file_name,
        data_through_date,
        split_part(warning, ':', 1) as code,
        nullif(substr(warning, strpos(warning || ':', ':') + 1), '') as column_name,
        cast(json_extract_string(warnings, '$."' || warning || '"') as bigint) as n_warnings
    from warned
)

select * from final
order by source, entity, file_sha256, code, column_name
