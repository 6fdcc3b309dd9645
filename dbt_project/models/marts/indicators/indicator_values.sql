-- Every indicator, for the total and each sector, as of the end of each month and quarter and to date, beside its
-- baseline and target, what is not known, and how fresh the sources behind it are.
with

indicators as (
    select * from {{ ref("dim_indicator") }}
),

measures as (
    select * from {{ ref("indicator_measures") }}
),

inputs as (
    select * from {{ ref("indicator_inputs") }}
),

source_entities as (
    select * from {{ ref("int_source_entities") }}
),

source_states as (
    select * from {{ ref("int_source_state") }}
),

scopes as (
    select distinct sector
    from measures
),

feeding_sources as (
    select distinct
        inputs.indicator_key,
        source_states.source,
        source_states.sector,
        source_states.state,
        source_states.data_through_date
    from inputs
    inner join source_entities on inputs.entity = source_entities.entity
    inner join source_states on source_entities.source = source_states.source
),

-- A sector is fed by its own intermediary and by every source that belongs to no sector.
freshness as (
    select
        feeding_sources.indicator_key,
        scopes.sector,
        min(feeding_sources.data_through_date) as data_through_date,
        count(*) filter (where feeding_sources.state <> 'ok') as n_sources_stale
    from feeding_sources
    inner join scopes
        on
            scopes.sector = 'all'
            or feeding_sources.sector is null
            or feeding_sources.sector = scopes.sector
    group by feeding_sources.indicator_key, scopes.sector
),

sector_totals as (
    select
        measures.indicator_key,
        measures.period_type,
        measures.period_start,
        count(*) as n_sectors,
        count(*) filter (where measures.n_subjects > 0) as sectors_covered,
        count(*) filter (where measures.value_to_date >= indicators.baseline) as sectors_at_baseline,
        count(*) filter (where measures.value_to_date >= indicators.target) as sectors_meeting
    from measures
    inner join indicators on measures.indicator_key = indicators.indicator_key
    where measures.sector <> 'all'
    group by measures.indicator_key, measures.period_type, measures.period_start
),

joined as (
    select
        indicators.indicator_key,
        indicators.charter_number,
        indicators.name,
        indicators.unit,
        indicators.baseline,
        indicators.target,
        indicators.target_scope,
        indicators.is_applicable,
        indicators.display_order,
        measures.sector,
        measures.period_type,
        measures.period_start,
        measures.period_end,
        measures.value_to_date,
        measures.value_in_period,
        measures.numerator,
        measures.denominator,
        measures.n_unknown,
        measures.n_missing,
        measures.value_reason,
        measures.value_in_period_reason,
        -- A target stands on the row it was set for: the total, or each sector.
        (indicators.target_scope = 'each_sector') = (measures.sector <> 'all') as is_target_row,
        indicators.target_scope = 'each_sector' and measures.sector = 'all' as is_sum_of_target_rows,
        case when measures.sector = 'all' then sector_totals.n_sectors end as n_sectors,
        case when measures.sector = 'all' then sector_totals.sectors_covered end as sectors_covered,
        case when measures.sector = 'all' then sector_totals.sectors_at_baseline end as sectors_at_baseline,
        case when measures.sector = 'all' then sector_totals.sectors_meeting end as sectors_meeting,
        freshness.data_through_date,
        coalesce(freshness.n_sources_stale, 0) as n_sources_stale
    from measures
    inner join indicators on measures.indicator_key = indicators.indicator_key
    left join sector_totals
        on
            measures.indicator_key = sector_totals.indicator_key
            and measures.period_type = sector_totals.period_type
            and measures.period_start = sector_totals.period_start
    left join freshness
        on
            measures.indicator_key = freshness.indicator_key
            and measures.sector = freshness.sector
),

final as (
    select
        indicator_key,
        charter_number,
        name,
        unit,
        sector,
        period_type,
        period_start,
        period_end,
        value_to_date,
        value_in_period,
        numerator,
        denominator,
        n_unknown,
        case when is_target_row or is_sum_of_target_rows then baseline end as baseline,
        case when is_target_row or is_sum_of_target_rows then target end as target,
        cast(case when is_target_row then {{ exact_divide("value_to_date", "target", 4) }} end as decimal(18, 4)) as attainment,
        case
            when is_target_row then value_to_date >= baseline
            when is_sum_of_target_rows then sectors_at_baseline = n_sectors
        end as meets_baseline,
        case
            when is_target_row then value_to_date >= target
            when is_sum_of_target_rows then sectors_meeting = n_sectors
        end as meets_target,
        is_applicable,
        {{ as_of_date() }} as as_of_date,
        data_through_date,
        n_sources_stale > 0 as is_stale,
        n_sources_stale,
        n_missing,
        value_reason,
        value_in_period_reason,
        target_scope,
        cast(sectors_covered as bigint) as sectors_covered,
        cast(case when target_scope = 'each_sector' then sectors_meeting end as bigint) as sectors_meeting,
        display_order
    from joined
)

select * from final
order by display_order, sector <> 'all', sector, period_type, period_start
