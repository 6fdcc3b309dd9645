-- Charter 1. The placements in jobs that are registered apprenticeships with a registration id.
with

placements as (
    select * from {{ ref("indicator_placements_judged") }}
),

judged as (
    select
        sector,
        person_key,
        start_date,
        placement_id,
        source,
        file_sha256,
        row_number,
        case
            when placement_type <> 'registered_apprenticeship' then 'NOT_APPRENTICESHIP'
            when not apprenticeship_registration_id_present then 'NO_REGISTRATION_ID'
            else reason
        end as reason,
        is_unknown,
        flag
    from placements
),

final as (
    select
        'placed_in_apprenticeships' as indicator_key,
        sector,
        person_key as subject_key,
        start_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        is_unknown and (reason is null or reason = 'TRAINING_RELATED_UNKNOWN') as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        case when reason is null then flag end as flag,
        source,
        file_sha256,
        row_number,
        placement_id as tie_break
    from judged
)

select * from final
