with

source_entities as (
    select * from {{ ref("int_source_entities") }}
),

final as (
    select
        source,
        entity,
        mode,
        feeds,
        data_through_date,
        {{ as_of_date() }} as as_of_date,
        days_behind,
        is_missing,
        is_behind,
        newest_file_name,
        newest_file_state,
        newest_file_reason
    from source_entities
)

select * from final
order by source, entity
