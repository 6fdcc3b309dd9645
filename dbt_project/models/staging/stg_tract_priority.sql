-- Vulnerability of each tract by the published list that was dropped in; empty where none was.
{{ config(materialized="view") }}

with

dropped_in as (
    select
        tract_geoid,
        cvri_tier,
        concentrated_disadvantage
    from {{ source("reference", "tract_priority") }}
),

final as (
    select
        tract_geoid,
        cvri_tier,
        concentrated_disadvantage
    from dropped_in
)

select * from final
