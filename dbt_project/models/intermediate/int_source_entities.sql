with

source_registry as (
    select * from {{ ref("stg_source_registry") }}
),

current_files as (
    select
        source,
        entity,
        max(data_through_date) as data_through_date,
        count(*) as n_current_files
    from {{ ref("stg_current_files") }}
    group by source, entity
),

newest_files as (
    select * from {{ ref("int_newest_files") }}
),

joined as (
    select
        source_registry.source,
        source_registry.entity,
        source_registry.mode,
        source_registry.late_after_days,
        source_registry.kind,
        source_registry.sector,
        current_files.data_through_date,
        coalesce(current_files.n_current_files, 0) as n_current_files,
        newest_files.file_name as newest_file_name,
        newest_files.state as newest_file_state,
        newest_files.reason as newest_file_reason,
        max(current_files.data_through_date) over (partition by source_registry.source) as source_data_through_date
    from source_registry
    left join current_files
        on
            source_registry.source = current_files.source
            and source_registry.entity = current_files.entity
    left join newest_files
        on
            source_registry.source = newest_files.source
            and source_registry.entity = newest_files.entity
),

final as (
    select
        source,
        entity,
        mode,
        kind,
        sector,
        {{ mart_of_entity("entity") }} as feeds,
        data_through_date,
        n_current_files,
        newest_file_name,
        newest_file_state,
        newest_file_reason,
        data_through_date is null as is_missing,
        -- A delta feed is silent where nothing changed; a full export may lag by what its source is allowed.
        coalesce(
            mode = 'full' and date_diff('day', data_through_date, source_data_through_date) > late_after_days,
            false
        ) as is_behind,
        {{ days_behind('data_through_date') }} as days_behind
    from joined
)

select * from final
