with

places as (
    select
        person_key,
        out_of_county_flag
    from {{ ref("stg_participant_places") }}
    where is_current
),

final as (
    select
        person_key,
        {{ flag_of_any("out_of_county_flag") }} as out_of_county_flag
    from places
    group by person_key
)

select * from final
