-- The days as of which dashboards can be read, each with the spans that end on it: the program to date on the last day
-- of every month, the month itself, and the quarter where one ends. The running month and quarter end on the day built.
{{ config(
    schema="indicators", access="protected", contract={"enforced": false}
) }}
with

periods as (
    select * from {{ ref("indicator_periods") }}
),

spans as (
    select
        'Program to date' as period,
        1 as period_order,
        period_type,
        period_start,
        min(period_start) over () as from_date,
        period_end as until_date
    from periods
    where period_type = 'month'
    union all
    select
        'Quarter' as period,
        2 as period_order,
        period_type,
        period_start,
        period_start as from_date,
        period_end as until_date
    from periods
    where period_type = 'quarter'
    union all
    select
        'Month' as period,
        3 as period_order,
        period_type,
        period_start,
        period_start as from_date,
        period_end as until_date
    from periods
    where period_type = 'month'
),

final as (
    select
        period,
        period_order,
        period_type,
        period_start,
        -- events before the first period are of the program all the same
        case when period_order = 1 then cast('0001-01-01' as date) else from_date end as from_date,
        until_date,
        strftime(until_date, '%Y-%m-%d') as as_of
    from spans
)

select * from final
