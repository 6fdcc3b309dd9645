-- The days on which an indicator has a value: MetricFlow's time spine. It ends on the day of the build, where dim_date
-- runs on to the end of the year and would give months that have not been.
with

periods as (
    select * from {{ ref("indicator_periods") }}
    where period_type = 'to_date'
),

dates as (
    select * from {{ ref("dim_date") }}
),

final as (
    select
        dates.date_day,
        dates.month_start_date,
        dates.quarter_start_date,
        dates.fiscal_year
    from dates
    inner join periods
        on
            dates.date_day >= periods.period_start
            and dates.date_day <= periods.period_end
)

select * from final
order by date_day
