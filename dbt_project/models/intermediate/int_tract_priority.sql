-- The list in force: the published one where it was dropped in, whole, else the synthetic sample.
with

dropped_in as (
    select * from {{ ref("stg_tract_priority") }}
),

sample as (
    select
        tract_geoid,
        cvri_tier,
        concentrated_disadvantage
    from {{ ref("tract_priority") }}
),

final as (
    select
        tract_geoid,
        cvri_tier,
        concentrated_disadvantage
    from dropped_in
    union all
    select
        tract_geoid,
        cvri_tier,
        concentrated_disadvantage
    from sample
    where not exists (select 1 from dropped_in)
)

select * from final
