-- One row an indicator and sector. A view: the build fills what stands behind it after all models.
{{ config(materialized="view") }}

with

variants as (
    select * from {{ ref("stg_indicator_variants") }}
),

final as (
    select
        indicator_key,
        sector,
        {%- for variant in ["deterministic", "probabilistic", "if_none_merged", "if_all_merged"] %}
        -- A variant that was not run has the figure itself; one that was may well have none.
        count(*) filter (where variant = '{{ variant }}') > 0 as has_{{ variant }},
        max(value_to_date) filter (where variant = '{{ variant }}') as value_{{ variant }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from variants
    group by indicator_key, sector
)

select * from final
