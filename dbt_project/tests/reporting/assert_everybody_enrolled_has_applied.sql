-- On every day, in the total and in each sector, nobody is enrolled who has not applied; and the funnel of the day built
-- counts every known person with an enrollment record, whatever became of it. Fails with each day that differs.
with

stages as (
    select
        sector,
        period,
        as_of,
        max(n_persons) filter (where stage = 'Applied') as n_applied,
        max(n_persons) filter (where stage = 'Enrolled') as n_enrolled
    from {{ ref("sector_funnel") }}
    where period = 'Program to date'
    group by sector, period, as_of
),

records as (
    select count(distinct person_key) as n_persons
    from {{ ref("fct_enrollments") }}
    where orphan_reason is null
),

last_day as (
    select max(as_of) as as_of
    from stages
)

select
    stages.sector,
    stages.as_of,
    stages.n_applied,
    stages.n_enrolled,
    records.n_persons
from stages
cross join records
cross join last_day
where
    stages.n_applied < stages.n_enrolled
    -- a training of next month, reported by a partner that is ahead of the day, is not known yet
    or (stages.sector = 'all' and stages.as_of = last_day.as_of and stages.n_applied > records.n_persons)
