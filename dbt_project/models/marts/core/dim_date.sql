-- From the year of the earliest event (or the program's start) to the end of the year of the latest (or the day built).
with

events as (
    select training_start_date as event_date from {{ ref("int_enrollments") }}
    union all
    select completion_date as event_date from {{ ref("int_enrollments") }}
    union all
    select withdrawal_date as event_date from {{ ref("int_enrollments") }}
    union all
    select service_date as event_date from {{ ref("int_service_events") }}
    union all
    select start_date as event_date from {{ ref("int_placements") }}
    union all
    select status_date as event_date from {{ ref("int_programs") }}
    union all
    select commitment_date as event_date from {{ ref("int_partners") }}
    union all
    select withdrawn_date as event_date from {{ ref("int_partners") }}
    union all
    select established_date as event_date from {{ ref("int_employer_partnerships") }}
    union all
    select ended_date as event_date from {{ ref("int_employer_partnerships") }}
    union all
    select execution_date as event_date from {{ ref("int_contracts") }}
    union all
    select status_date as event_date from {{ ref("int_deliverables") }}
    union all
    select achieved_date as event_date from {{ ref("int_milestones") }}
),

bounds as (
    select
        date_trunc('year', least(coalesce(min(event_date), {{ program_start_date() }}), {{ program_start_date() }})) as first_date,
        date_trunc('year', greatest(coalesce(max(event_date), {{ as_of_date() }}), {{ as_of_date() }})) + interval 1 year as after_date
    from events
),

days as (
    select cast(unnest(generate_series(first_date, after_date - interval 1 day, interval 1 day)) as date) as date_day
    from bounds
),

final as (
    select
        date_day,
        cast(year(date_day) as integer) as calendar_year,
        cast(quarter(date_day) as integer) as calendar_quarter,
        cast(month(date_day) as integer) as calendar_month,
        cast(isodow(date_day) as integer) as iso_day_of_week,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        cast(last_day(date_day) as date) as month_end_date,
        cast(date_trunc('quarter', date_day) as date) as quarter_start_date,
        cast(date_trunc('quarter', date_day) + interval 3 month - interval 1 day as date) as quarter_end_date,
        -- The County's fiscal year starts in July and is named for the year in which it ends.
        cast(year(date_day) + case when month(date_day) >= 7 then 1 else 0 end as integer) as fiscal_year,
        date_day > {{ as_of_date() }} as is_after_as_of
    from days
)

select * from final
order by date_day
