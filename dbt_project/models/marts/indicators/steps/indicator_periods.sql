-- Every month and calendar quarter from the earliest counted event, or the program start if that is earlier, to the
-- day, and the program to date. The running month and quarter end on the day.
{{ config(
    schema="indicators", access="protected", contract={"enforced": false}
) }}
with

first_day as (
    select least({{ program_start_date() }}, {{ as_of_date() }}, min(event_date)) as first_date
    from {{ ref("indicator_evidence") }}
    where is_qualifying
),

months as (
    select unnest(generate_series(date_trunc('month', first_date), {{ as_of_date() }}, interval 1 month)) as starts_at
    from first_day
),

quarters as (
    select unnest(generate_series(date_trunc('quarter', first_date), {{ as_of_date() }}, interval 3 month)) as starts_at
    from first_day
),

periods as (
    select
        'month' as period_type,
        cast(starts_at as date) as period_start,
        last_day(starts_at) as calendar_end
    from months
    union all
    select
        'quarter' as period_type,
        cast(starts_at as date) as period_start,
        last_day(starts_at + interval 2 month) as calendar_end
    from quarters
    union all
    select
        'to_date' as period_type,
        first_date as period_start,
        {{ as_of_date() }} as calendar_end
    from first_day
),

final as (
    select
        period_type,
        period_start,
        least(calendar_end, {{ as_of_date() }}) as period_end
    from periods
)

select * from final
