with

persons as (
    select * from {{ ref("int_persons") }}
),

first_training as (
    select
        person_key,
        first_training_start_date
    from {{ ref("int_person_first_training") }}
),

residence as (
    select
        person_key,
        out_of_county_flag
    from {{ ref("int_person_residence") }}
),

final as (
    select
        persons.person_key,
        persons.gender,
        persons.race_codes,
        persons.hispanic_flag,
        persons.systems_involved_flag,
        persons.systems_impacted_flag,
        persons.homeless_flag,
        persons.foster_youth_flag,
        persons.veteran_flag,
        persons.disability_flag,
        persons.low_income_flag,
        persons.tract_criterion_flag,
        residence.out_of_county_flag,
        persons.is_priority as priority_flag,
        persons.is_priority_strict as priority_strict_flag,
        persons.is_priority_broad as priority_broad_flag,
        persons.employment_status_at_entry,
        first_training.first_training_start_date,
        coalesce(first_training.first_training_start_date <= {{ as_of_date() }}, false) as is_enrolled,
        persons.n_records,
        persons.n_sources,
        persons.tract_criterion_basis
    from persons
    left join first_training on persons.person_key = first_training.person_key
    left join residence on persons.person_key = residence.person_key
)

select * from final
order by person_key
