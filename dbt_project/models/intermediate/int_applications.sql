-- Every enrollment record of a known person, whatever became of it, with the earliest day on which it is known.
with

enrollments as (
    select
        enrollment_key,
        source,
        enrollment_id,
        person_key,
        sector,
        training_start_date,
        file_sha256,
        row_number
    from {{ ref("int_enrollments") }}
    where orphan_reason is null
),

sightings as (
    select
        source,
        enrollment_id,
        first_reported_date
    from {{ ref("stg_enrollment_sightings") }}
),

pirl_records as (
    select
        source,
        entry_date,
        file_sha256,
        row_number
    from {{ ref("int_participant_records") }}
    where record_type = 'pirl'
),

-- No partner reports the day of an application. A start that is only planned may lie after the day of its report, and
-- then the report is what is known; least() passes over what is not.
final as (
    select
        enrollments.enrollment_key,
        enrollments.source,
        enrollments.person_key,
        enrollments.sector,
        least(
            enrollments.training_start_date, pirl_records.entry_date, sightings.first_reported_date
        ) as known_date
    from enrollments
    left join sightings
        on
            enrollments.source = sightings.source
            and enrollments.enrollment_id = sightings.enrollment_id
    left join pirl_records
        on
            enrollments.source = pirl_records.source
            and enrollments.file_sha256 = pirl_records.file_sha256
            and enrollments.row_number = pirl_records.row_number
)

select * from final
