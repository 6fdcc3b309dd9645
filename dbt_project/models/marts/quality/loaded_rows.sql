with

loaded_rows as (
    select * from {{ ref("int_loaded_rows") }}
),

final as (
    select
        source,
        entity,
        file_sha256,
        row_number,
        is_current,
        mart,
        person_key,
        row_warnings
    from loaded_rows
)

select * from final
order by source, entity, file_sha256, row_number
