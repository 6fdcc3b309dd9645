-- The total and the sectors, by the names under which dashboards show them.
{{ config(
    schema="indicators", access="protected", contract={"enforced": false}
) }}
with

sectors as (
    select
        sector_key,
        name
    from {{ ref("dim_sector") }}
),

final as (
    select
        'all' as sector,
        'All sectors' as sector_name,
        0 as sector_order
    union all
    select
        sector_key as sector,
        name as sector_name,
        cast(row_number() over (order by name) as integer) as sector_order
    from sectors
)

select * from final
