-- Every value of every indicator, sector and period again, straight from the evidence: the rows that stand on the last
-- day of the period, and their distinct subjects. It shares no step with indicator_values. Fails with each differing row.
{{ config(severity="error", meta={
    "owner": "HRTP performance lead",
    "how_to_resolve": "Compare the row with the evidence of its indicator on period_end; one of indicator_measures and the ind_ model is wrong."
}) }}
with

published as (
    select * from {{ ref("indicator_values") }}
),

evidence as (
    select * from {{ ref("indicator_evidence") }}
),

indicators as (
    select * from {{ ref("dim_indicator") }}
),

-- One row a subject that stands on the period's last day.
standing as (
    select
        published.indicator_key,
        published.sector,
        published.period_type,
        published.period_start,
        evidence.subject_key,
        max(evidence.amount) as amount
    from published
    inner join indicators on published.indicator_key = indicators.indicator_key
    inner join evidence
        on
            published.indicator_key = evidence.indicator_key
            and (published.sector = 'all' or published.sector = evidence.sector)
    where
        evidence.is_qualifying
        and evidence.event_date <= published.period_end
        and coalesce(evidence.end_date > published.period_end, true)
        and (indicators.aggregation <> 'median_of_first' or published.sector <> 'all' or evidence.is_first_for_person)
    group by published.indicator_key, published.sector, published.period_type, published.period_start, evidence.subject_key
),

first_events as (
    select
        indicator_key,
        sector,
        subject_key,
        min(event_date) as first_date
    from evidence
    where is_qualifying and (end_date is null or end_date > event_date)
    group by indicator_key, sector, subject_key
),

dated as (
    select
        standing.indicator_key,
        standing.sector,
        standing.period_type,
        standing.period_start,
        standing.subject_key,
        standing.amount,
        min(first_events.first_date) as first_date
    from standing
    inner join first_events
        on
            standing.indicator_key = first_events.indicator_key
            and standing.subject_key = first_events.subject_key
            and (standing.sector = 'all' or standing.sector = first_events.sector)
    group by
        standing.indicator_key, standing.sector, standing.period_type, standing.period_start, standing.subject_key, standing.amount
),

collected as (
    select
        indicator_key,
        sector,
        period_type,
        period_start,
        count(*) as n_to_date,
        count(*) filter (where first_date >= period_start) as n_in_period,
        sum(amount) as amount_to_date,
        sum(amount) filter (where first_date >= period_start) as amount_in_period,
        -- In millionths, so that halves and cents are whole numbers.
        list_sort(list(cast(amount * 1000000 as hugeint))) as amounts_to_date,
        list_sort(list(cast(amount * 1000000 as hugeint)) filter (where first_date >= period_start)) as amounts_in_period
    from dated
    group by indicator_key, sector, period_type, period_start
),

expected as (
    select
        published.indicator_key,
        published.sector,
        published.period_type,
        published.period_start,
        published.value_to_date,
        published.value_in_period,
        indicators.aggregation,
        coalesce(collected.n_to_date, 0) as n_to_date,
        coalesce(collected.n_in_period, 0) as n_in_period,
        cast(collected.amount_to_date as hugeint) as amount_to_date,
        cast(collected.amount_in_period as hugeint) as amount_in_period,
        collected.amounts_to_date[(collected.n_to_date + 1) // 2]
        + collected.amounts_to_date[collected.n_to_date // 2 + 1] as middles_to_date,
        collected.amounts_in_period[(collected.n_in_period + 1) // 2]
        + collected.amounts_in_period[collected.n_in_period // 2 + 1] as middles_in_period
    from published
    inner join indicators on published.indicator_key = indicators.indicator_key
    left join collected
        on
            published.indicator_key = collected.indicator_key
            and published.sector = collected.sector
            and published.period_type = collected.period_type
            and published.period_start = collected.period_start
),

-- All in hundredths.
compared as (
    select
        indicator_key,
        sector,
        period_type,
        period_start,
        value_to_date,
        value_in_period,
        cast(value_to_date * 100 as hugeint) as published_to_date,
        cast(value_in_period * 100 as hugeint) as published_in_period,
        case aggregation
            when 'count_distinct_subject' then 100 * n_to_date
            when 'exists' then case when n_to_date > 0 then 100 else 0 end
            when 'percent_of_subjects' then (20000 * amount_to_date + n_to_date) // nullif(2 * n_to_date, 0)
            when 'median_of_first' then (middles_to_date + 10000) // 20000
        end as expected_to_date,
        case aggregation
            when 'count_distinct_subject' then 100 * n_in_period
            when 'exists' then case when n_in_period > 0 then 100 else 0 end
            when 'percent_of_subjects' then (20000 * amount_in_period + n_in_period) // nullif(2 * n_in_period, 0)
            when 'median_of_first' then (middles_in_period + 10000) // 20000
        end as expected_in_period
    from expected
)

select *
from compared
where
    published_to_date is distinct from expected_to_date
    or published_in_period is distinct from expected_in_period
