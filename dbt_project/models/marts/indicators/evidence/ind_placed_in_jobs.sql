-- Charter 38. One row a placement: a person counts from the start of one that meets every condition.
with

placements as (
    select * from {{ ref("indicator_placements_judged") }}
),

final as (
    select
        'placed_in_jobs' as indicator_key,
        sector,
        person_key as subject_key,
        start_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        flag,
        source,
        file_sha256,
        row_number,
        placement_id as tie_break
    from placements
)

select * from final
