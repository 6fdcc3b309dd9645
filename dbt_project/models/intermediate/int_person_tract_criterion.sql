-- Whether the place where a person lived when their first training began is a priority one, and by what that is known.
with

places as (
    select * from {{ ref("stg_participant_places") }}
    where census_tract is not null or zip is not null
),

first_training as (
    select
        person_key,
        first_training_start_date
    from {{ ref("int_person_first_training") }}
),

tracts as (
    select
        tract_geoid,
        case
            when cvri_tier in ('moderate', 'high', 'highest') or concentrated_disadvantage = 'Y' then 'Y'
            when cvri_tier in ('lowest', 'low') and concentrated_disadvantage = 'N' then 'N'
        end as tract_flag
    from {{ ref("int_tract_priority") }}
),

-- A ZIP alone places a person only where every one of its tracts is known and all agree.
zips as (
    select
        zip_tract.zip_code,
        case
            when count(tracts.tract_flag) = count(*) and min(tracts.tract_flag) = max(tracts.tract_flag)
                then min(tracts.tract_flag)
        end as zip_flag
    from {{ ref("int_zip_tract") }} as zip_tract
    left join tracts on zip_tract.tract_geoid = tracts.tract_geoid
    group by zip_tract.zip_code
),

dated as (
    select
        places.*,
        coalesce(first_training.first_training_start_date, date '9999-12-31') as training_date
    from places
    left join first_training on places.person_key = first_training.person_key
),

-- Of each record the writing in force on that day, the newest up to it that names a place; where the partner had written
-- none by then, the earliest after it. Of a job center the period that had begun last; where none had, the first one.
in_force as (
    select *
    from dated
    qualify
        row_number() over (
            partition by person_key, source, participant_id, state_number
            order by
                coalesce(entry_date > training_date, false) asc,
                case when entry_date <= training_date then entry_date end desc nulls last,
                entry_date asc nulls last,
                written_date > training_date asc,
                case when written_date <= training_date then written_date end desc nulls last,
                written_date asc,
                source_sequence desc,
                row_number desc
        ) = 1
),

-- The tract decides where it is given, even where it is not in the list: a ZIP never overrules it.
placed as (
    select
        in_force.person_key,
        case when in_force.census_tract is null then zips.zip_flag else tracts.tract_flag end as place_flag,
        case
            when tracts.tract_flag is not null then 'TRACT'
            when tracts.tract_geoid is not null then 'TRACT_INCOMPLETE'
            when in_force.census_tract is not null then 'TRACT_NOT_LISTED'
            when zips.zip_flag is not null then 'ZIP'
            when zips.zip_code is not null then 'ZIP_AMBIGUOUS'
            else 'ZIP_NOT_LISTED'
        end as place_basis
    from in_force
    left join tracts on in_force.census_tract = tracts.tract_geoid
    left join zips on in_force.zip = zips.zip_code
),

judged as (
    select
        person_key,
        {{ flag_of_any("place_flag") }} as tract_criterion_flag
    from placed
    group by person_key
),

-- Of the places that say what holds, a tract speaks before a ZIP.
final as (
    select
        judged.person_key,
        judged.tract_criterion_flag,
        min(placed.place_basis) as tract_criterion_basis
    from judged
    inner join placed
        on
            judged.person_key = placed.person_key
            and judged.tract_criterion_flag is not distinct from placed.place_flag
    group by judged.person_key, judged.tract_criterion_flag
)

select * from final
