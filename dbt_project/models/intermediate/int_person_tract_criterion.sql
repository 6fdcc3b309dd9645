with

places as (
    select
        person_key,
        census_tract,
        zip
    from {{ ref("stg_participant_places") }}
),

tracts as (
    select
        tract_geoid,
        case
            when cvri_tier in ('moderate', 'high', 'highest') or concentrated_disadvantage = 'Y' then 'Y'
            when cvri_tier in ('lowest', 'low') and concentrated_disadvantage = 'N' then 'N'
        end as tract_flag
    from {{ ref("tract_priority") }}
),

-- A ZIP alone places a person only where every one of its tracts is known and all agree.
zips as (
    select
        zip_tract.zip,
        case
            when count(tracts.tract_flag) = count(*) and min(tracts.tract_flag) = max(tracts.tract_flag)
                then min(tracts.tract_flag)
        end as zip_flag
    from {{ ref("zip_tract") }} as zip_tract
    left join tracts on zip_tract.tract_geoid = tracts.tract_geoid
    group by zip_tract.zip
),

-- The tract decides where it is given, even where it is not in the seed: a ZIP never overrules it.
placed as (
    select
        places.person_key,
        case when places.census_tract is null then zips.zip_flag else tracts.tract_flag end as place_flag
    from places
    left join tracts on places.census_tract = tracts.tract_geoid
    left join zips on places.zip = zips.zip
),

final as (
    select
        person_key,
        {{ flag_of_any("place_flag") }} as tract_criterion_flag
    from placed
    group by person_key
)

select * from final
