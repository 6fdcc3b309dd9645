with

sectors as (
    select
        sector_key,
        name,
        intermediary
    from {{ ref("sectors") }}
),

sources as (
    select
        source,
        state,
        data_through_date
    from {{ ref("int_source_state") }}
),

final as (
    select
        sectors.sector_key,
        sectors.name,
        sectors.intermediary,
        sources.state as intermediary_state,
        sources.data_through_date
    from sectors
    left join sources on sectors.intermediary = sources.source
)

select * from final
order by sector_key
