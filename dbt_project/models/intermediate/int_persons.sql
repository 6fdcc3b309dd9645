with

records as (
    select * from {{ ref("int_participant_records") }}
    where person_key is not null
),

tract_criterion as (
    select
        person_key,
        tract_criterion_flag,
        tract_criterion_basis
    from {{ ref("int_person_tract_criterion") }}
),

record_sources as (
    select distinct
        person_key,
        source
    from records
),

person_sources as (
    select
        person_key,
        count(*) as n_sources
    from record_sources
    group by person_key
),

person_race_lists as (
    select
        person_key,
        string_split(string_agg(trim(replace(race_codes, ' ', ''), '|'), '|'), '|') as race_list
    from records
    where trim(race_codes) <> ''
    group by person_key
),

-- Each race once, sorted, whatever order the records came in.
person_races as (
    select
        person_key,
        array_to_string(list_sort(list_distinct(race_list)), '|') as race_codes
    from person_race_lists
),

persons as (
    select
        person_key,
        -- What every record that knows says; where they differ it is unknown.
        case when min(gender) = max(gender) then min(gender) end as gender,
        case when bool_or(gender = 'female') then 'Y' when count(gender) > 0 then 'N' end as woman_flag,
        {{ flag_of_any("hispanic_flag") }} as hispanic_flag,
        {{ flag_of_any("systems_involved_flag") }} as systems_involved_flag,
        {{ flag_of_any("systems_impacted_flag") }} as systems_impacted_flag,
        {{ flag_of_any("homeless_flag") }} as homeless_flag,
        {{ flag_of_any("foster_youth_flag") }} as foster_youth_flag,
        {{ flag_of_any("veteran_flag") }} as veteran_flag,
        {{ flag_of_any("disability_flag") }} as disability_flag,
        {{ flag_of_any("low_income_flag") }} as low_income_flag,
        case when min(employment_status_at_entry) = max(employment_status_at_entry) then min(employment_status_at_entry) end
            as employment_status_at_entry,
        count(*) as n_records
    from records
    group by person_key
),

criteria as (
    select
        persons.*,
        person_races.race_codes,
        person_sources.n_sources,
        tract_criterion.tract_criterion_flag,
        coalesce(tract_criterion.tract_criterion_basis, 'NO_PLACE') as tract_criterion_basis,
        -- Black, Indigenous and other people of color: any race but White alone, or Hispanic.
        case
            when persons.hispanic_flag = 'Y' or person_races.race_codes <> 'white' then 'Y'
            when persons.hispanic_flag = 'N' and person_races.race_codes = 'white' then 'N'
        end as person_of_color_flag
    from persons
    inner join person_sources on persons.person_key = person_sources.person_key
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
        tract_criterion_basis,
        woman_flag,
        person_of_color_flag,
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
