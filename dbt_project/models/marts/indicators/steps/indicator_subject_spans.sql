-- How many subjects of an indicator began to count on one day and ceased on another: the spans that their evidence rows
-- cover, touching and overlapping rows joined, so that a subject counts once on any day however many rows it has.
-- `first_date` is the subject's first event ever. Grouped by dates, since figures of a period need nothing finer.
{{ config(
    schema="indicators", access="protected", contract={"enforced": false}
) }}
with

evidence as (
    select * from {{ ref("indicator_scoped_evidence") }}
),

-- n_unknown and n_missing are counted like the value itself: subjects with such a row on the day.
measured as (
    select
        'counted' as measure,
        indicator_key,
        scope,
        subject_key,
        amount,
        event_date,
        end_date
    from evidence
    where is_qualifying
    union all
    select
        'unknown' as measure,
        indicator_key,
        scope,
        subject_key,
        amount,
        event_date,
        end_date
    from evidence
    where is_unknown
    union all
    select
        'missing' as measure,
        indicator_key,
        scope,
        subject_key,
        amount,
        event_date,
        end_date
    from evidence
    where is_unknown and ends_with(reason, '_MISSING')
),

-- One row for each pair of dates, so that the order by dates below has no ties.
bounded as (
    select
        indicator_key,
        scope,
        measure,
        subject_key,
        event_date as from_date,
        coalesce(end_date, date '9999-12-31') as until_date,
        max(amount) as amount
    from measured
    where end_date is null or end_date > event_date
    group by indicator_key, scope, measure, subject_key, event_date, end_date
),

-- A row opens a new span where every earlier row of the subject had ended before it.
opened as (
    select
        indicator_key,
        scope,
        measure,
        subject_key,
        amount,
        from_date,
        until_date,
        coalesce(
            from_date > max(until_date) over (
                partition by indicator_key, scope, measure, subject_key
                order by from_date, until_date
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_opening
    from bounded
),

numbered as (
    select
        indicator_key,
        scope,
        measure,
        subject_key,
        amount,
        from_date,
        until_date,
        sum(cast(is_opening as integer)) over (
            partition by indicator_key, scope, measure, subject_key
            order by from_date, until_date
            rows between unbounded preceding and current row
        ) as span_number,
        min(from_date) over (partition by indicator_key, scope, measure, subject_key) as first_date
    from opened
),

spans as (
    select
        indicator_key,
        scope,
        measure,
        subject_key,
        span_number,
        first_date,
        min(from_date) as from_date,
        max(until_date) as until_date,
        max(amount) as amount
    from numbered
    group by indicator_key, scope, measure, subject_key, span_number, first_date
),

final as (
    select
        indicator_key,
        scope,
        measure,
        first_date,
        from_date,
        until_date,
        count(*) as n_subjects,
        -- Of a percentage: the subjects in the numerator, whose amount is 1.
        count(*) filter (where amount = 1) as n_numerator
    from spans
    group by indicator_key, scope, measure, first_date, from_date, until_date
)

select * from final
