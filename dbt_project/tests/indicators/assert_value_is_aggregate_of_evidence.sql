-- Every value of every indicator, sector and period again, straight from the evidence: the subjects with a row that
-- stands on the last day of the period. It shares no step with indicator_values. Fails with each differing row.
-- Where nothing ever ends, a subject stands from the month of its first row on; periods begin and end with months, but
-- for the running one, which ends with the evidence. So such subjects are tallied by month and amount first.
with

published as (
    select * from {{ ref("indicator_values") }}
),

indicators as (
    select * from {{ ref("dim_indicator") }}
),

evidence as (
    select * from {{ ref("indicator_evidence") }}
    where
        is_qualifying
        and event_date <= {{ as_of_date() }}
        and coalesce(end_date > event_date, true)
),

-- The total takes every row, but of a median each person's very first one.
standing_rows as (
    select
        evidence.indicator_key,
        'all' as sector,
        evidence.subject_key,
        evidence.event_date,
        evidence.end_date,
        evidence.amount
    from evidence
    where evidence.is_first_for_person is not false
    union all
    select
        evidence.indicator_key,
        evidence.sector,
        evidence.subject_key,
        evidence.event_date,
        evidence.end_date,
        evidence.amount
    from evidence
    where evidence.sector is not null
),

subjects as (
    select
        indicator_key,
        sector,
        subject_key,
        min(event_date) as first_date,
        max(amount) as amount,
        bool_or(end_date is not null) as has_end
    from standing_rows
    group by indicator_key, sector, subject_key
),

lasting as (
    select
        indicator_key,
        sector,
        amount,
        date_trunc('month', first_date) as first_month,
        count(*) as n
    from subjects
    where not has_end
    group by indicator_key, sector, amount, date_trunc('month', first_date)
),

ending as (
    select distinct
        published.indicator_key,
        published.sector,
        published.period_type,
        published.period_start,
        subjects.subject_key,
        subjects.amount,
        subjects.first_date >= published.period_start as is_first_in_period
    from published
    inner join standing_rows
        on
            published.indicator_key = standing_rows.indicator_key
            and published.sector = standing_rows.sector
    inner join subjects
        on
            standing_rows.indicator_key = subjects.indicator_key
            and standing_rows.sector = subjects.sector
            and standing_rows.subject_key = subjects.subject_key
    where
        subjects.has_end
        and standing_rows.event_date <= published.period_end
        and coalesce(standing_rows.end_date > published.period_end, true)
),

tallies as (
    select
        published.indicator_key,
        published.sector,
        published.period_type,
        published.period_start,
        lasting.amount,
        sum(lasting.n) as n_to_date,
        coalesce(sum(lasting.n) filter (
            where lasting.first_month >= date_trunc('month', published.period_start)
        ), 0) as n_in_period
    from published
    inner join lasting
        on
            published.indicator_key = lasting.indicator_key
            and published.sector = lasting.sector
            and published.period_end >= lasting.first_month
    group by published.indicator_key, published.sector, published.period_type, published.period_start, lasting.amount
    union all
    select
        indicator_key,
        sector,
        period_type,
        period_start,
        amount,
        count(*) as n_to_date,
        count(*) filter (where is_first_in_period) as n_in_period
    from ending
    group by indicator_key, sector, period_type, period_start, amount
),

-- How many lie at or below each amount; in millionths, so that halves and cents are whole numbers.
ranked as (
    select
        indicator_key,
        sector,
        period_type,
        period_start,
        n_to_date,
        n_in_period,
        cast(amount * 1000000 as hugeint) as amount,
        sum(n_to_date) over below as rank_to_date,
        sum(n_in_period) over below as rank_in_period,
        sum(n_to_date) over whole as all_to_date,
        sum(n_in_period) over whole as all_in_period
    from tallies
    window
        whole as (partition by indicator_key, sector, period_type, period_start),
        below as (
            partition by indicator_key, sector, period_type, period_start
            order by amount
            rows between unbounded preceding and current row
        )
),

collected as (
    select
        indicator_key,
        sector,
        period_type,
        period_start,
        sum(n_to_date) as n_to_date,
        sum(n_in_period) as n_in_period,
        sum(n_to_date * amount) as amount_to_date,
        sum(n_in_period * amount) as amount_in_period,
        min(amount) filter (where 2 * rank_to_date >= all_to_date)
        + min(amount) filter (where 2 * rank_to_date > all_to_date) as middles_to_date,
        min(amount) filter (where n_in_period > 0 and 2 * rank_in_period >= all_in_period)
        + min(amount) filter (where n_in_period > 0 and 2 * rank_in_period > all_in_period) as middles_in_period
    from ranked
    group by indicator_key, sector, period_type, period_start
),

expected as (
    select
        published.indicator_key,
        published.sector,
        published.period_type,
        published.period_start,
        indicators.aggregation,
        published.value_to_date,
        published.value_in_period,
        collected.amount_to_date,
        collected.amount_in_period,
        collected.middles_to_date,
        collected.middles_in_period,
        coalesce(collected.n_to_date, 0) as n_to_date,
        coalesce(collected.n_in_period, 0) as n_in_period
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
            when 'percent_of_subjects'
                then case
                    when n_to_date >= {{ var("min_denominator") }} then (2 * amount_to_date + 100 * n_to_date) // nullif(200 * n_to_date, 0)
                end
            when 'median_of_first' then (middles_to_date + 10000) // 20000
        end as expected_to_date,
        case aggregation
            when 'count_distinct_subject' then 100 * n_in_period
            when 'exists' then case when n_to_date > 0 and n_to_date = n_in_period then 100 else 0 end
            when 'percent_of_subjects'
                then case
                    when
                        n_in_period >= {{ var("min_denominator") }}
                        then (2 * amount_in_period + 100 * n_in_period) // nullif(200 * n_in_period, 0)
                end
            when 'median_of_first' then (middles_in_period + 10000) // 20000
        end as expected_in_period
    from expected
)

select *
from compared
where
    published_to_date is distinct from expected_to_date
    or published_in_period is distinct from expected_in_period
