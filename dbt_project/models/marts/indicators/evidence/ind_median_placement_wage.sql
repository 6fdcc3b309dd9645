-- Charter 2. One row a placement; the amount is its hourly wage. In a sector the first qualifying placement of a person
-- in that sector counts, in the total only the person's very first one: where that has no wage, a later one elsewhere
-- does not stand in for it.
with

placements as (
    select * from {{ ref("indicator_placements_judged") }}
),

-- Placements that qualify come first in each ranking, so that rank 1 of one that qualifies is the person's first.
ranked as (
    select
        sector,
        person_key,
        start_date,
        placement_id,
        wage_usd_per_hour,
        is_hours_assumed,
        source,
        file_sha256,
        row_number,
        reason,
        row_number() over (
            partition by person_key, sector
            order by reason is not null, start_date, source, placement_id
        ) as rank_in_sector,
        row_number() over (
            partition by person_key
            order by reason is not null, start_date, source, placement_id
        ) as rank_overall
    from placements
),

judged as (
    select
        sector,
        person_key,
        start_date,
        placement_id,
        wage_usd_per_hour,
        is_hours_assumed,
        source,
        file_sha256,
        row_number,
        reason is null and rank_overall = 1 as is_first_for_person,
        case
            when reason is not null then reason
            when rank_in_sector > 1 then 'LATER_PLACEMENT'
            when wage_usd_per_hour is null then 'WAGE_MISSING'
        end as reason
    from ranked
),

final as (
    select
        'median_placement_wage' as indicator_key,
        sector,
        person_key as subject_key,
        start_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(wage_usd_per_hour as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        coalesce(reason = 'WAGE_MISSING', false) as is_unknown,
        is_first_for_person,
        reason,
        case when reason is null and is_hours_assumed then 'HOURS_ASSUMED' end as flag,
        source,
        file_sha256,
        row_number,
        placement_id as tie_break
    from judged
)

select * from final
