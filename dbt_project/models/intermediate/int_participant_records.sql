with

participants as (
    select
        {{ surrogate_key(["source", "'participant'", "participant_id"]) }} as record_key,
        source,
        'participant' as record_type,
        participant_id,
        person_key,
        cast(null as date) as entry_date,
        cast(null as date) as exit_date,
        gender,
        race_codes,
        hispanic_flag,
        systems_involved_flag,
        systems_impacted_flag,
        homeless_flag,
        foster_youth_flag,
        veteran_flag,
        disability_flag,
        low_income_flag,
        employment_status_at_entry,
        file_sha256,
        row_number
    from {{ ref("stg_participants") }}
),

-- Two state ids of one person may share an entry date: the occurrence keeps their records apart.
pirl_numbered as (
    select
        *,
        row_number() over (
            partition by source, person_key, entry_date
            order by file_sha256, row_number
        ) as occurrence
    from {{ ref("stg_pirl") }}
),

pirl as (
    select
        {{ surrogate_key(["source", "'pirl'", "coalesce(person_key, file_sha256)", "entry_date", "occurrence"]) }} as record_key,
        source,
        'pirl' as record_type,
        cast(null as varchar) as participant_id,
        person_key,
        entry_date,
        exit_date,
        gender,
        race_codes,
        hispanic_flag,
        {{ any_criterion(["ex_offender_flag", "foster_youth_flag"]) }} as systems_involved_flag,
        cast(null as varchar) as systems_impacted_flag,
        homeless_flag,
        foster_youth_flag,
        cast(null as varchar) as veteran_flag,
        cast(null as varchar) as disability_flag,
        low_income_flag,
        employment_status_at_entry,
        file_sha256,
        row_number
    from pirl_numbered
),

final as (
    select * from participants
    union all
    select * from pirl
)

select * from final
