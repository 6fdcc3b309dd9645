-- The partners that know a person, with the first training that each reports.
with

records as (
    select distinct
        person_key,
        source
    from {{ ref("int_participant_records") }}
    where person_key is not null
),

sources as (
    select distinct
        source,
        kind
    from {{ ref("stg_source_registry") }}
),

enrollments as (
    select
        person_key,
        source,
        min(training_start_date) as first_training_start_date
    from {{ ref("int_enrollments") }}
    where has_started and orphan_reason is null
    group by person_key, source
),

final as (
    select
        records.person_key,
        records.source,
        -- As in int_service_events: what the registry does not know is no intermediary.
        coalesce(sources.kind, 'ajcc') as kind,
        enrollments.first_training_start_date
    from records
    left join sources on records.source = sources.source
    left join enrollments
        on
            records.person_key = enrollments.person_key
            and records.source = enrollments.source
)

select * from final
