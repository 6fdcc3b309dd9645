-- The list in force: the published one where it was dropped in, whole, else the synthetic sample.
with

dropped_in as (
    select * from {{ ref("stg_zip_tract") }}
),

sample as (
    select
        zip as zip_code,
        tract_geoid
    from {{ ref("zip_tract") }}
),

final as (
    select
        zip_code,
        tract_geoid
    from dropped_in
    union all
    select
        zip_code,
        tract_geoid
    from sample
    where not exists (select 1 from dropped_in)
)

select * from final
