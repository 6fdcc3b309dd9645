-- The evidence that may count, once for the total and once for its own sector where the indicator has sectors.
{{ config(
    schema="indicators", materialized="view", access="protected", contract={"enforced": false}
) }}
with

evidence as (
    select * from {{ ref("indicator_evidence") }}
    where (is_qualifying or is_unknown) and event_date <= {{ as_of_date() }}
),

indicators as (
    select * from {{ ref("dim_indicator") }}
),

-- For a median, somebody with a first row in each of two sectors is one person in the total: their very first row.
final as (
    select
        evidence.indicator_key,
        indicators.aggregation,
        evidence.subject_key,
        evidence.event_date,
        evidence.end_date,
        evidence.amount,
        evidence.is_qualifying,
        evidence.is_unknown,
        evidence.reason,
        evidence.source,
        evidence.file_sha256,
        evidence.row_number,
        evidence.tie_break,
        'all' as scope
    from evidence
    inner join indicators on evidence.indicator_key = indicators.indicator_key
    where indicators.aggregation <> 'median_of_first' or evidence.is_first_for_person
    union all
    select
        evidence.indicator_key,
        indicators.aggregation,
        evidence.subject_key,
        evidence.event_date,
        evidence.end_date,
        evidence.amount,
        evidence.is_qualifying,
        evidence.is_unknown,
        evidence.reason,
        evidence.source,
        evidence.file_sha256,
        evidence.row_number,
        evidence.tie_break,
        evidence.sector as scope
    from evidence
    inner join indicators on evidence.indicator_key = indicators.indicator_key
    where indicators.has_sector_grain and evidence.sector is not null
)

select * from final
