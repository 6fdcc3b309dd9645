-- Which accepted files make up the current state of each entity of each source, as of the day being built.
with

loaded as (
    select
        source,
        entity,
        file_sha256,
        mode,
        data_through_date,
        source_sequence,
        data_through_date <= {{ as_of_date() }} as is_in_time
    from {{ ref("stg_load_manifest") }}
    where state = 'loaded'
),

dated as (
    select
        *,
        bool_or(is_in_time) over (partition by source, entity) as has_any_in_time,
        min(data_through_date) over (partition by source, entity) as earliest_date
    from loaded
),

-- Nothing yet as of that day: the earliest export there is, whose events after that day do not count anyway.
eligible as (
    select
        source,
        entity,
        file_sha256,
        mode,
        data_through_date,
        source_sequence,
        row_number() over (
            partition by source, entity
            order by data_through_date, source_sequence, file_sha256
        ) as position
    from dated
    where is_in_time or (not has_any_in_time and data_through_date = earliest_date)
),

-- The newest full export is the base; everything before it is history.
based as (
    select
        *,
        max(case when mode = 'full' then position end) over (partition by source, entity) as base_position
    from eligible
),

final as (
    select
        source,
        entity,
        file_sha256,
        mode,
        data_through_date,
        source_sequence,
        count(*) over (partition by source, entity) as n_files
    from based
    where position >= coalesce(base_position, 1)
)

select * from final
