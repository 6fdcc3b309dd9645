-- The newest file of each source and entity as of the day being built, whatever became of it.
with

manifest as (
    select *
    from {{ ref("stg_load_manifest") }}
    -- An old or repeated delivery says nothing new about the source.
    where coalesce(reason, '') not in ('OUT_OF_ORDER', 'DUPLICATE_FILE')
),

trusted as (
    select
        *,
        case when coalesce(reason, '') <> 'FUTURE_FILE' then data_through_date end as trusted_date
    from manifest
),

-- A file without a believable date stands where the source stood when the file came.
dated as (
    select
        *,
        coalesce(
            trusted_date,
            max(trusted_date) over (
                partition by source, entity
                order by source_sequence
                rows between unbounded preceding and current row
            ),
            date '0001-01-01'
        ) as effective_date
    from trusted
),

timed as (
    select
        *,
        bool_or(effective_date <= {{ as_of_date() }}) over (partition by source, entity) as has_any_in_time
    from dated
),

final as (
    select
        source,
        entity,
        file_sha256,
        file_name,
        effective_date,
        source_sequence,
        state,
        reason,
        rows_in,
        rows_loaded,
        rows_quarantined,
        rows_duplicate,
        rows_blank
    from timed
    where effective_date <= {{ as_of_date() }} or not has_any_in_time
    qualify
        row_number() over (
            partition by source, entity
            order by effective_date desc, source_sequence desc, file_sha256 asc
        ) = 1
)

select * from final
