with

records as (
    select * from {{ ref("int_participant_records") }}
    where person_key is not null
),

tract_criterion as (
    select
        person_key,
        tract_criterion_flag
    from {{ ref("int_person_tract_criterion") }}
),

races as (
    select
        person_key,
        unnest(string_split(race_codes, '|')) as race_code
    from records
    where race_codes is not null
),

person_races as (
    select
        person_key,
        string_agg(distinct trim(race_code), '|' order by trim(race_code)) as race_codes,
        -- Black, Indigenous and other people of color: any race but White alone.
        case when bool_or(trim(race_code) <> 'white') then 'Y' else 'N' end as race_of_color_flag
    from races
    where trim(race_code) <> ''
    group by person_key
),

persons as (
    select
        person_key,
        -- What every record that knows says; where they differ it is unknown.
        case when count(distinct gender) = 1 then min(gender) end as gender,
        case when bool_or(gender = 'female') then 'Y' when count(gender) > 0 then 'N' end as woman_flag,
        {{ flag_of_any("hispanic_flag") }} as hispanic_flag,
        {{ flag_of_any("systems_involved_flag") }} as systems_involved_flag,
        {{ flag_of_any("systems_impacted_flag") }} as systems_impacted_flag,
        {{ flag_of_any("homeless_flag") }} as homeless_flag,
        {{ flag_of_any("foster_youth_flag") }} as foster_youth_flag,
        {{ flag_of_any("veteran_flag") }} as veteran_flag,
        {{ flag_of_any("disability_flag") }} as disability_flag,
        {{ flag_of_any("low_income_flag") }} as low_income_flag,
        case when count(distinct employment_status_at_entry) = 1 then min(employment_status_at_entry) end
            as employment_status_at_entry,
        count(*) as n_records,
        count(distinct source) as n_sources
    from records
    group by person_key
),

criteria as (
    select
        persons.*,
        person_races.race_codes,
        tract_criterion.tract_criterion_flag,
        {{ any_criterion(["person_races.race_of_color_flag", "persons.hispanic_flag"]) }} as person_of_color_flag
    from persons
    left join person_races on persons.person_key = person_races.person_key
    left join tract_criterion on persons.person_key = tract_criterion.person_key
),

final as (
    select
        person_key,
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
        tract_criterion_flag,
        {{ any_criterion([
            "systems_impacted_flag", "systems_involved_flag", "homeless_flag", "tract_criterion_flag"
        ]) }} as is_priority,
        {{ any_criterion(["systems_impacted_flag", "systems_involved_flag", "homeless_flag"]) }} as is_priority_strict,
        {{ any_criterion([
            "systems_impacted_flag", "systems_involved_flag", "homeless_flag", "tract_criterion_flag",
            "foster_youth_flag", "woman_flag", "person_of_color_flag"
        ]) }} as is_priority_broad,
        employment_status_at_entry,
        n_records,
        n_sources
    from criteria
)

select * from final
