-- What counted at the end of each month, of the indicators of which something may cease to count: from it the semantic
-- layer tells how many there were then. Of the others the day on which a row begins to count says it all.
-- dbt knows the models of all indicators only when it runs; before, the list is empty.
{%- set indicator_keys = indicators_that_end() %}
with

evidence as (
    select * from {{ ref("indicator_evidence") }}
    where
        is_qualifying
        and indicator_key in ({% for key in indicator_keys %}'{{ key }}'{% if not loop.last %}, {% endif %}{% else %}''{% endfor %})
),

months as (
    select
        period_start,
        period_end
    from {{ ref("indicator_periods") }}
    where period_type = 'month'
),

indicators as (
    select * from {{ ref("dim_indicator") }}
    where indicator_key in ({% for key in indicator_keys %}'{{ key }}'{% if not loop.last %}, {% endif %}{% else %}''{% endfor %})
),

scopes as (
    select
        cast(null as varchar) as sector,
        'all' as grain
    union all
    select
        sector_key as sector,
        'all,sector' as grain
    from {{ ref("dim_sector") }}
),

counted as (
    select distinct
        evidence.indicator_key,
        evidence.sector,
        evidence.subject_key,
        evidence.amount,
        months.period_start as month_start_date,
        months.period_end as month_end_date
    from evidence
    inner join months
        on
            evidence.event_date <= months.period_end
            and (evidence.end_date is null or evidence.end_date > months.period_end)
),

-- A month in which nothing counted has a row too, without a subject: so that its figure is 0 and not the month before's.
grid as (
    select
        indicators.indicator_key,
        scopes.sector,
        cast(null as varchar) as subject_key,
        cast(null as decimal(18, 6)) as amount,
        months.period_start as month_start_date,
        months.period_end as month_end_date
    from indicators
    cross join months
    inner join scopes on scopes.grain = 'all' or indicators.has_sector_grain
),

final as (
    select
        indicator_key,
        sector,
        subject_key,
        amount,
        month_start_date,
        month_end_date
    from counted
    union all
    select
        indicator_key,
        sector,
        subject_key,
        amount,
        month_start_date,
        month_end_date
    from grid
)

select * from final
order by indicator_key, month_start_date, sector nulls first, subject_key nulls first, amount
