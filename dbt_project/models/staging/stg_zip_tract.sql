-- The tracts of each ZIP by the published list that was dropped in; empty where none was.
{{ config(materialized="view") }}

with

dropped_in as (
    select
        zip_code,
        tract_geoid
    from {{ source("reference", "zip_tract") }}
),

final as (
    select
        zip_code,
        tract_geoid
    from dropped_in
)

select * from final
