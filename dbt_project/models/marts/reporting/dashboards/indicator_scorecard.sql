-- Every indicator as a dashboard shows it: its figure as of each month's end, to date and within the period, in words.
with

indicator_values as (
    select * from {{ ref("indicator_values") }}
),

days as (
    select * from {{ ref("reporting_days") }}
),

sectors as (
    select * from {{ ref("reporting_sectors") }}
),

program_targets as (
    select
        indicator_key,
        target as program_target
    from {{ ref("dim_indicator") }}
    where target_scope = 'program'
),

figures as (
    select
        indicator_values.*,
        sectors.sector_name,
        sectors.sector_order,
        days.period,
        days.period_order,
        days.as_of,
        days.until_date,
        program_targets.program_target,
        days.period_order = 1 as is_to_date,
        case when days.period_order = 1 then indicator_values.value_to_date else indicator_values.value_in_period end as figure,
        count(*) filter (where indicator_values.sector <> 'all') over (
            partition by indicator_values.indicator_key, days.period, days.as_of
        ) as n_sectors
    from indicator_values
    inner join days
        on
            indicator_values.period_type = days.period_type
            and indicator_values.period_start = days.period_start
    inner join sectors on indicator_values.sector = sectors.sector
    left join program_targets on indicator_values.indicator_key = program_targets.indicator_key
),

-- Targets are of the program to date: a month's figure has none.
judged as (
    select
        *,
        case when is_to_date then baseline end as shown_baseline,
        case when is_to_date then target end as shown_target,
        case
            when not is_to_date then null
            when sectors_meeting is not null then {{ percentage("sectors_meeting", "n_sectors") }}
            else 100 * attainment
        end as attainment_pct,
        case
            when not is_applicable then 'Not run by HRTP'
            when not is_to_date then 'No target in a period'
            when target is null then 'No target'
            when figure is null then 'No figure yet'
            when meets_target then 'On target'
            else 'Below target'
        end as status
    from figures
),

final as (
    select
        indicator_key,
        charter_number,
        coalesce(cast(charter_number as varchar), '–') as charter_number_text,
        name as indicator,
        case when unit in ('percent', 'USD per hour') then name || ' (' || unit || ')' else name end as indicator_with_unit,
        unit,
        sector,
        sector_name,
        sector_order,
        period,
        as_of,
        until_date as period_end,
        figure,
        {{ figure_text("figure", "unit") }} as figure_text,
        shown_baseline as baseline,
        case when shown_baseline is null then '–' else {{ figure_text("shown_baseline", "unit") }} end as baseline_text,
        shown_target as target,
        case
            when shown_target is null then '–'
            when target_scope = 'each_sector' then {{ figure_text("shown_target", "unit") }} || ' in each'
            else {{ figure_text("shown_target", "unit") }}
        end as target_text,
        program_target,
        cast(attainment_pct as decimal(18, 2)) as attainment_pct,
        case
            when attainment_pct is null then '–'
            when sectors_meeting is not null then sectors_meeting || ' of ' || n_sectors || ' sectors'
            else format('{:,.0f}', attainment_pct) || ' %'
        end as attainment_text,
        status,
        n_unknown,
        data_through_date,
        case when is_stale then 'stale' else 'current' end as freshness,
        as_of_date,
        display_order
    from judged
)

select * from final
order by display_order, sector_order, period, period_end
