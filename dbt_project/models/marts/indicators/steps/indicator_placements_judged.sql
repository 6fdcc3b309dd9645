-- Every placement with the one reason for which it is not a job placement, or none. The reasons stand in the order in
-- which they are asked, and "unknown whether training-related" is last: it means that everything else holds.
{{ config(
    schema="indicators", materialized="view", access="protected", contract={"enforced": false}
) }}

with

placements as (
    select * from {{ ref("int_placements") }}
),

first_training as (
    select * from {{ ref("int_person_first_training") }}
),

joined as (
    select
        placements.placement_key,
        placements.source,
        placements.placement_id,
        placements.person_key,
        placements.sector,
        placements.start_date,
        placements.placement_type,
        placements.apprenticeship_registration_id_present,
        placements.training_related_flag,
        placements.subsidized_flag,
        placements.same_employer_flag,
        placements.promotion_flag,
        placements.wage_usd_per_hour,
        placements.is_hours_assumed,
        placements.orphan_reason,
        placements.file_sha256,
        placements.row_number,
        first_training.first_training_start_date
    from placements
    left join first_training
        on placements.person_key = first_training.person_key
),

judged as (
    select
        placement_key,
        source,
        placement_id,
        person_key,
        sector,
        start_date,
        placement_type,
        apprenticeship_registration_id_present,
        wage_usd_per_hour,
        is_hours_assumed,
        subsidized_flag,
        file_sha256,
        row_number,
        case
            when person_key is null or orphan_reason is not null then 'ORPHAN'
            when first_training_start_date is null then 'NOT_ENROLLED'
            when start_date < first_training_start_date then 'BEFORE_TRAINING'
            when subsidized_flag = 'Y' then 'SUBSIDIZED'
            when same_employer_flag = 'Y' and coalesce(promotion_flag <> 'Y', true) then 'SAME_EMPLOYER'
            when training_related_flag = 'N' then 'NOT_TRAINING_RELATED'
            when training_related_flag is null then 'TRAINING_RELATED_UNKNOWN'
        end as reason
    from joined
),

final as (
    select
        placement_key,
        source,
        placement_id,
        person_key,
        sector,
        start_date,
        placement_type,
        apprenticeship_registration_id_present,
        wage_usd_per_hour,
        is_hours_assumed,
        file_sha256,
        row_number,
        reason,
        coalesce(reason = 'TRAINING_RELATED_UNKNOWN', subsidized_flag is null) as is_unknown,
        case when reason is null and subsidized_flag is null then 'SUBSIDIZED_UNKNOWN' end as flag
    from judged
)

select * from final
