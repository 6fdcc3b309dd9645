-- What dashboards show is what indicator_values says, for each day, sector and period: the scorecard, the stages of the
-- funnel, everybody behind the wage bands and the job qualities, everybody enrolled, and the priority population. Fails
-- with each figure that differs or that the other side does not have.
with

published as (
    select
        indicator_values.indicator_key,
        indicator_values.sector,
        days.period,
        days.as_of,
        case when days.period_order = 1 then indicator_values.value_to_date else indicator_values.value_in_period end as figure,
        case when days.period_order = 1 then indicator_values.numerator end as numerator,
        case when days.period_order = 1 then indicator_values.denominator end as denominator
    from {{ ref("indicator_values") }} as indicator_values
    inner join {{ ref("reporting_days") }} as days
        on
            indicator_values.period_type = days.period_type
            and indicator_values.period_start = days.period_start
),

expected as (
    select
        'indicator_scorecard' as mart,
        indicator_key as what,
        sector,
        period,
        as_of,
        figure
    from published
    union all
    select
        'sector_funnel' as mart,
        case indicator_key
            when 'workers_enrolled' then 'Enrolled'
            when 'workers_completed' then 'Completed'
            when 'placed_in_jobs' then 'Placed in a job'
            else 'In an apprenticeship'
        end as what,
        sector,
        period,
        as_of,
        figure
    from published
    where indicator_key in ('workers_enrolled', 'workers_completed', 'placed_in_jobs', 'placed_in_apprenticeships')
    union all
    select
        'wage_bands' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        denominator as figure
    from published
    where indicator_key = 'median_placement_wage' and period = 'Program to date'
    union all
    select
        'job_quality' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        figure
    from published
    where indicator_key = 'placed_in_jobs'
    union all
    select
        'served_by_criterion' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        figure
    from published
    where indicator_key = 'workers_enrolled'
    union all
    select
        'served_by_criterion' as mart,
        'priority' as what,
        sector,
        period,
        as_of,
        numerator as figure
    from published
    where indicator_key = 'priority_population_pct' and period = 'Program to date'
    union all
    select
        'served_by_group' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        figure
    from published
    where indicator_key = 'workers_enrolled' and figure > 0
),

shown as (
    select
        'indicator_scorecard' as mart,
        indicator_key as what,
        sector,
        period,
        as_of,
        figure
    from {{ ref("indicator_scorecard") }}
    union all
    select
        'sector_funnel' as mart,
        stage as what,
        sector,
        period,
        as_of,
        n_persons as figure
    from {{ ref("sector_funnel") }}
    where stage <> 'Applied'
    union all
    select
        'wage_bands' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        sum(n_persons) as figure
    from {{ ref("wage_bands") }}
    where period = 'Program to date'
    group by sector, period, as_of
    union all
    select distinct
        'job_quality' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        n_placed as figure
    from {{ ref("job_quality") }}
    union all
    select distinct
        'served_by_criterion' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        n_enrolled as figure
    from {{ ref("served_by_criterion") }}
    union all
    select
        'served_by_criterion' as mart,
        'priority' as what,
        sector,
        period,
        as_of,
        n_yes as figure
    from {{ ref("served_by_criterion") }}
    where criterion = 'Priority population (indicator 4)' and period = 'Program to date'
    union all
    select
        'served_by_group' as mart,
        'everybody' as what,
        sector,
        period,
        as_of,
        sum(n_persons) as figure
    from {{ ref("served_by_group") }}
    where dimension = 'Gender'
    group by sector, period, as_of
)

select
    coalesce(expected.mart, shown.mart) as mart,
    coalesce(expected.what, shown.what) as what,
    coalesce(expected.sector, shown.sector) as sector,
    coalesce(expected.period, shown.period) as period,
    coalesce(expected.as_of, shown.as_of) as as_of,
    expected.figure as figure_expected,
    shown.figure as figure_shown
from expected
full outer join shown
    on
        expected.mart = shown.mart
        and expected.what = shown.what
        and expected.sector = shown.sector
        and expected.period = shown.period
        and expected.as_of = shown.as_of
where
    expected.mart is null
    or shown.mart is null
    or expected.figure is distinct from shown.figure
