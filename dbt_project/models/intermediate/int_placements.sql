with

placements as (
    select * from {{ ref("stg_placements") }}
),

participants as (
    select
        source,
        participant_id,
        person_key
    from {{ ref("int_participant_records") }}
    where record_type = 'participant'
),

source_sectors as (
    select distinct
        source,
        sector
    from {{ ref("stg_source_registry") }}
    where sector is not null
),

organization_names as (
    select
        mention_name,
        mention_ein,
        organization_key
    from {{ ref("int_organization_names") }}
),

enrollments as (
    select * from {{ ref("int_enrollments") }}
),

known as (
    select
        {{ surrogate_key(["placements.source", "'placement'", "placements.placement_id"]) }} as placement_key,
        placements.*,
        participants.person_key,
        source_sectors.sector as reporting_sector,
        organization_names.organization_key
    from placements
    left join participants
        on
            placements.source = participants.source
            and placements.participant_id = participants.participant_id
    left join source_sectors on placements.source = source_sectors.source
    left join organization_names
        on
            placements.employer_name = organization_names.mention_name
            and coalesce(placements.employer_ein, '') = organization_names.mention_ein
),

own_enrollments as (
    select
        known.placement_key,
        enrollments.sector
    from known
    inner join enrollments
        on
            known.source = enrollments.source
            and known.enrollment_id = enrollments.enrollment_id
),

-- An AJCC may name an intermediary's enrollment, but only one of the same person.
foreign_enrollments as (
    select
        known.placement_key,
        enrollments.sector
    from known
    inner join enrollments
        on
            known.enrollment_id = enrollments.enrollment_id
            and known.person_key = enrollments.person_key
            and known.source <> enrollments.source
    where known.reporting_sector is null
    qualify
        row_number() over (
            partition by known.placement_key
            order by enrollments.training_start_date nulls last, enrollments.source, enrollments.enrollment_key
        ) = 1
),

-- Without an enrollment_id an AJCC's placement follows the person's latest training start on or before it.
latest_trainings as (
    select
        known.placement_key,
        enrollments.sector
    from known
    inner join enrollments
        on
            known.person_key = enrollments.person_key
            and known.start_date >= enrollments.training_start_date
    where
        known.reporting_sector is null
        and known.enrollment_id is null
        and enrollments.has_started
    qualify
        row_number() over (
            partition by known.placement_key
            order by enrollments.training_start_date desc, enrollments.source asc, enrollments.enrollment_key asc
        ) = 1
),

attributed as (
    select
        known.*,
        case
            when known.enrollment_id is not null then coalesce(own_enrollments.sector, foreign_enrollments.sector)
            else coalesce(known.reporting_sector, latest_trainings.sector)
        end as sector,
        known.enrollment_id is not null
        and own_enrollments.placement_key is null
        and foreign_enrollments.placement_key is null as is_enrollment_unknown
    from known
    left join own_enrollments on known.placement_key = own_enrollments.placement_key
    left join foreign_enrollments on known.placement_key = foreign_enrollments.placement_key
    left join latest_trainings on known.placement_key = latest_trainings.placement_key
),

hours as (
    select
        *,
        coalesce(hours_per_week, cast({{ var("assumed_hours_per_week") }} as decimal(9, 2))) as hours_used,
        wage_amount_usd is not null and wage_unit in ('week', 'month', 'year') and hours_per_week is null as is_hours_assumed
    from attributed
),

final as (
    select
        placement_key,
        source,
        placement_id,
        person_key,
        enrollment_id,
        sector,
        start_date,
        placement_type,
        apprenticeship_registration_id is not null as apprenticeship_registration_id_present,
        training_related_flag,
        subsidized_flag,
        same_employer_flag,
        promotion_flag,
        cast(
            case wage_unit
                when 'hour' then cast(wage_amount_usd as decimal(38, 6))
                when 'week' then {{ exact_divide("wage_amount_usd", "hours_used") }}
                when 'month' then {{ exact_divide("wage_amount_usd * 12", "hours_used * 52") }}
                when 'year' then {{ exact_divide("wage_amount_usd", "hours_used * 52") }}
            end as decimal(12, 6)
        ) as wage_usd_per_hour,
        is_hours_assumed,
        wage_amount_usd,
        wage_unit,
        hours_per_week,
        organization_key,
        soc_code,
        naics_code,
        case when person_key is null or is_enrollment_unknown then 'ORPHAN' end as orphan_reason,
        file_sha256,
        row_number
    from hours
)

select * from final
