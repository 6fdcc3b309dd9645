-- Figures where other records were one person. A view: the build fills what stands behind it after all models.
{{ config(materialized="view") }}

with

indicator_variants as (
    select
        variant,
        indicator_key,
        sector,
        value_to_date
    from {{ source("identity", "indicator_variants") }}
),

final as (
    select
        variant,
        indicator_key,
        sector,
        value_to_date
    from indicator_variants
)

select * from final
