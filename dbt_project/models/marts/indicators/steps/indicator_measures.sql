-- The value of every indicator for the total and each sector, as of each period's end and for the period alone.
-- One way of aggregating for each `aggregation` of the catalogue; a new one is added here and nowhere else.
{{ config(
    schema="indicators", access="protected", contract={"enforced": false}
) }}
with

indicators as (
    select * from {{ ref("dim_indicator") }}
),

periods as (
    select * from {{ ref("indicator_periods") }}
),

spans as (
    select * from {{ ref("indicator_subject_spans") }}
),

wages as (
    select * from {{ ref("indicator_scoped_evidence") }}
    where aggregation = 'median_of_first' and is_qualifying
),

scopes as (
    select 'all' as scope
    union all
    select sector_key as scope
    from {{ ref("sectors") }}
),

grid as (
    select
        indicators.indicator_key,
        indicators.aggregation,
        scopes.scope,
        periods.period_type,
        periods.period_start,
        periods.period_end
    from indicators
    inner join scopes on scopes.scope = 'all' or indicators.has_sector_grain
    cross join periods
),

-- A subject counts in the period of its first event, if it still counts at the period's end; a yes/no turns to yes once,
-- in the period of its very first subject.
counts as (
    select
        spans.indicator_key,
        spans.scope,
        periods.period_type,
        periods.period_start,
        sum(spans.n_subjects) filter (where spans.measure = 'counted') as n_to_date,
        sum(spans.n_subjects) filter (
            where spans.measure = 'counted' and spans.first_date >= periods.period_start
        ) as n_in_period,
        sum(spans.n_numerator) filter (where spans.measure = 'counted') as n_numerator_to_date,
        sum(spans.n_numerator) filter (
            where spans.measure = 'counted' and spans.first_date >= periods.period_start
        ) as n_numerator_in_period,
        sum(spans.n_subjects) filter (where spans.measure = 'unknown') as n_unknown,
        sum(spans.n_subjects) filter (where spans.measure = 'missing') as n_missing
    from spans
    inner join periods
        on
            spans.from_date <= periods.period_end
            and spans.until_date > periods.period_end
    group by spans.indicator_key, spans.scope, periods.period_type, periods.period_start
),

-- The lower and the upper of the middle two; the same where the count is odd.
middles as (
    select
        wages.indicator_key,
        wages.scope,
        periods.period_type,
        periods.period_start,
        quantile_disc(wages.amount, 0.5) as lower_to_date,
        -quantile_disc(-wages.amount, 0.5) as upper_to_date,
        quantile_disc(wages.amount, 0.5) filter (where wages.event_date >= periods.period_start) as lower_in_period,
        -quantile_disc(-wages.amount, 0.5) filter (where wages.event_date >= periods.period_start) as upper_in_period
    from wages
    inner join periods on wages.event_date <= periods.period_end
    group by wages.indicator_key, wages.scope, periods.period_type, periods.period_start
),

joined as (
    select
        grid.indicator_key,
        grid.aggregation,
        grid.scope,
        grid.period_type,
        grid.period_start,
        grid.period_end,
        coalesce(counts.n_to_date, 0) as n_to_date,
        coalesce(counts.n_in_period, 0) as n_in_period,
        coalesce(counts.n_numerator_to_date, 0) as n_numerator_to_date,
        coalesce(counts.n_numerator_in_period, 0) as n_numerator_in_period,
        coalesce(counts.n_unknown, 0) as n_unknown,
        coalesce(counts.n_missing, 0) as n_missing,
        middles.lower_to_date,
        middles.upper_to_date,
        middles.lower_in_period,
        middles.upper_in_period
    from grid
    left join counts
        on
            grid.indicator_key = counts.indicator_key
            and grid.scope = counts.scope
            and grid.period_type = counts.period_type
            and grid.period_start = counts.period_start
    left join middles
        on
            grid.indicator_key = middles.indicator_key
            and grid.scope = middles.scope
            and grid.period_type = middles.period_type
            and grid.period_start = middles.period_start
),

final as (
    select
        indicator_key,
        scope as sector,
        period_type,
        period_start,
        period_end,
        cast(case aggregation
            when 'count_distinct_subject' then n_to_date
            when 'exists' then least(n_to_date, 1)
            when 'percent_of_subjects' then {{ percentage("n_numerator_to_date", "n_to_date") }}
            when 'median_of_first' then {{ exact_divide("lower_to_date + upper_to_date", "2", 2) }}
        end as decimal(18, 2)) as value_to_date,
        cast(case aggregation
            when 'count_distinct_subject' then n_in_period
            when 'exists' then case when n_in_period > 0 and n_in_period = n_to_date then 1 else 0 end
            when 'percent_of_subjects' then {{ percentage("n_numerator_in_period", "n_in_period") }}
            when 'median_of_first' then {{ exact_divide("lower_in_period + upper_in_period", "2", 2) }}
        end as decimal(18, 2)) as value_in_period,
        cast(case when aggregation = 'percent_of_subjects' then n_numerator_to_date end as bigint) as numerator,
        cast(case when aggregation in ('percent_of_subjects', 'median_of_first') then n_to_date end as bigint) as denominator,
        cast(n_to_date as bigint) as n_subjects,
        cast(n_unknown as bigint) as n_unknown,
        cast(n_missing as bigint) as n_missing,
        {{ no_value_reason("aggregation", "n_to_date") }} as value_reason,
        {{ no_value_reason("aggregation", "n_in_period") }} as value_in_period_reason
    from joined
)

select * from final
