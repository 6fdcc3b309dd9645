with

source_entities as (
    select * from {{ ref("int_source_entities") }}
),

newest_files as (
    select * from {{ ref("int_newest_files") }}
),

sources as (
    select
        source,
        min(source_name) as source_name,
        min(kind) as kind,
        min(sector) as sector,
        min(owner_name) as owner_name,
        min(owner_email) as owner_email,
        min(late_after_days) as late_after_days
    from {{ ref("stg_source_registry") }}
    group by source
),

-- A refused file that fits no expected entity counts until anything newer of the source was accepted.
unassigned as (
    select
        newest_files.source,
        coalesce(newest_files.entity, 'file') as entity,
        newest_files.state,
        newest_files.reason
    from newest_files
    left join source_entities
        on
            newest_files.source = source_entities.source
            and newest_files.entity = source_entities.entity
    left join newest_files as others
        on
            newest_files.source = others.source
            and others.state = 'loaded'
            and newest_files.source_sequence < others.source_sequence
    where source_entities.source is null and others.source is null
),

-- A delta that did not load leaves a gap that later deltas do not fill: only the same day's, or a full export, does.
gaps as (
    select distinct
        missed.source,
        missed.entity,
        missed.state,
        missed.reason
    from {{ ref("stg_load_manifest") }} as missed
    left join {{ ref("stg_load_manifest") }} as filler
        on
            missed.source = filler.source
            and missed.entity = filler.entity
            and filler.state = 'loaded'
            and (filler.data_through_date, filler.source_sequence)
            > (missed.data_through_date, missed.source_sequence)
            and (filler.mode = 'full' or missed.data_through_date = filler.data_through_date)
            and filler.data_through_date <= {{ as_of_date() }}
    where
        missed.mode = 'delta'
        and missed.state in ('rejected', 'held')
        and coalesce(missed.reason, '') not in ('OUT_OF_ORDER', 'DUPLICATE_FILE', 'OPERATOR_REJECTED', 'FUTURE_FILE')
        and missed.data_through_date <= {{ as_of_date() }}
        and filler.source is null
),

refused as (
    select
        source,
        entity,
        newest_file_state as state,
        newest_file_reason as reason
    from source_entities
    where newest_file_state in ('rejected', 'held')
    union distinct
    select * from gaps
    union distinct
    select
        source,
        entity,
        state,
        reason
    from unassigned
    where state in ('rejected', 'held')
),

refusals as (
    select
        source,
        bool_or(state = 'rejected') as has_rejected,
        string_agg(entity || ': ' || coalesce(reason, 'REFUSED'), '; ' order by entity, reason) as reasons
    from refused
    group by source
),

entity_states as (
    select
        source,
        max(data_through_date) as data_through_date,
        string_agg(entity, ', ' order by entity) filter (where is_missing) as missing_entities,
        string_agg(entity, ', ' order by entity) filter (where is_behind) as behind_entities
    from source_entities
    group by source
),

-- The rows of every file that stands behind today's figures: of a delta feed, all of them.
deliveries as (
    select
        manifest.source,
        cast(sum(manifest.rows_in) as bigint) as rows_in,
        cast(sum(manifest.rows_loaded) as bigint) as rows_loaded,
        cast(sum(manifest.rows_quarantined) as bigint) as rows_quarantined,
        cast(sum(manifest.rows_duplicate) as bigint) as rows_duplicate,
        cast(sum(manifest.rows_blank) as bigint) as rows_blank
    from {{ ref("stg_load_manifest") }} as manifest
    inner join {{ ref("stg_current_files") }} as current_files
        on
            manifest.source = current_files.source
            and manifest.entity = current_files.entity
            and manifest.file_sha256 = current_files.file_sha256
    group by manifest.source
),

last_files as (
    select
        source,
        file_name
    from newest_files
    qualify
        row_number() over (
            partition by source
            order by effective_date desc, source_sequence desc, file_name asc
        ) = 1
),

joined as (
    select
        sources.*,
        entity_states.data_through_date,
        entity_states.missing_entities,
        entity_states.behind_entities,
        refusals.has_rejected,
        refusals.reasons,
        last_files.file_name as last_file_name,
        deliveries.rows_in,
        deliveries.rows_loaded,
        deliveries.rows_quarantined,
        deliveries.rows_duplicate,
        deliveries.rows_blank,
        {{ days_behind('entity_states.data_through_date') }} as days_behind
    from sources
    left join entity_states on sources.source = entity_states.source
    left join refusals on sources.source = refusals.source
    left join last_files on sources.source = last_files.source
    left join deliveries on sources.source = deliveries.source
),

final as (
    select
        source,
        source_name,
        kind,
        sector,
        case
            when has_rejected then 'rejected'
            when has_rejected is not null then 'held'
            when missing_entities is not null or days_behind > late_after_days then 'late'
            when behind_entities is not null then 'stale'
            else 'ok'
        end as state,
        data_through_date,
        last_file_name,
        coalesce(rows_in, 0) as rows_in,
        coalesce(rows_loaded, 0) as rows_loaded,
        coalesce(rows_quarantined, 0) as rows_quarantined,
        coalesce(rows_duplicate, 0) as rows_duplicate,
        coalesce(rows_blank, 0) as rows_blank,
        days_behind,
        case
            when has_rejected is not null then reasons
            when missing_entities is not null then 'MISSING: ' || missing_entities
            when days_behind > late_after_days then 'LATE: ' || days_behind || ' days'
            when behind_entities is not null then 'BEHIND: ' || behind_entities
        end as reason,
        late_after_days,
        owner_name,
        owner_email
    from joined
)

select * from final
