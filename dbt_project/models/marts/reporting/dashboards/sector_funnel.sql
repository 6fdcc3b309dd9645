-- From applying to an apprenticeship, for the total and each sector: persons at each stage.
with

scorecard as (
    select * from {{ ref("indicator_scorecard") }}
),

days as (
    select * from {{ ref("reporting_days") }}
),

sectors as (
    select * from {{ ref("reporting_sectors") }}
),

applications as (
    select * from {{ ref("int_applications") }}
),

-- Each person once in the total and once in each sector, on the earliest day that is known.
applicants as (
    select
        'all' as sector,
        person_key,
        min(known_date) as known_date
    from applications
    group by person_key
    union all
    select
        sector,
        person_key,
        min(known_date) as known_date
    from applications
    group by sector, person_key
),

by_day as (
    select
        sector,
        known_date as event_date,
        count(*) as n_persons
    from applicants
    group by sector, known_date
),

applied as (
    {{ counted_by_span(["n_persons"]) }}
),

-- The stages that are indicators are the indicators: there is no second way of counting them.
stages (indicator_key, stage_order, stage) as (
    values
    ('workers_enrolled', 2, 'Enrolled'),
    ('workers_completed', 3, 'Completed'),
    ('placed_in_jobs', 4, 'Placed in a job'),
    ('placed_in_apprenticeships', 5, 'In an apprenticeship')
),

counted as (
    select
        scorecard.sector,
        scorecard.sector_name,
        scorecard.sector_order,
        scorecard.period,
        scorecard.as_of,
        scorecard.period_end,
        stages.stage_order,
        stages.stage,
        scorecard.figure as n_persons,
        scorecard.n_unknown
    from scorecard
    inner join stages on scorecard.indicator_key = stages.indicator_key
),

combined as (
    select
        sector,
        sector_name,
        sector_order,
        period,
        as_of,
        until_date as period_end,
        1 as stage_order,
        'Applied' as stage,
        n_persons,
        0 as n_unknown
    from applied
    union all
    select
        sector,
        sector_name,
        sector_order,
        period,
        as_of,
        period_end,
        stage_order,
        stage,
        n_persons,
        n_unknown
    from counted
),

enrolled as (
    select
        sector,
        period,
        as_of,
        n_persons as n_enrolled
    from counted
    where stage_order = 2
),

final as (
    select
        combined.sector,
        combined.sector_name,
        combined.sector_order,
        combined.period,
        combined.as_of,
        combined.period_end,
        combined.stage_order,
        combined.stage,
        cast(combined.n_persons as bigint) as n_persons,
        cast({{ percentage("combined.n_persons", "enrolled.n_enrolled") }} as decimal(18, 2)) as share_of_enrolled_pct,
        cast(combined.n_unknown as bigint) as n_unknown,
        {{ as_of_date() }} as as_of_date
    from combined
    inner join enrolled
        on
            combined.sector = enrolled.sector
            and combined.period = enrolled.period
            and combined.as_of = enrolled.as_of
)

select * from final
order by sector_order, period, period_end, stage_order
