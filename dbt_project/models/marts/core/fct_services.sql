with

service_events as (
    select * from {{ ref("int_service_events") }}
),

service_sectors as (
    select
        service_key,
        count(sector) as n_sectors,
        min(sector) as first_sector,
        string_agg(sector, '|' order by sector) as sectors
    from {{ ref("int_services") }}
    group by service_key
),

final as (
    select
        service_events.service_key,
        service_events.person_key,
        -- Filled where the service belongs to exactly one sector, so that amounts add up.
        case when service_sectors.n_sectors = 1 then service_sectors.first_sector end as sector,
        service_sectors.sectors,
        service_events.source,
        service_events.service_id,
        service_events.origin,
        service_events.service_type,
        service_events.is_supportive,
        service_events.is_summer_youth,
        service_events.service_date,
        service_events.amount_usd,
        service_events.orphan_reason,
        service_events.file_sha256,
        service_events.row_number
    from service_events
    left join service_sectors on service_events.service_key = service_sectors.service_key
)

select * from final
order by source, file_sha256, row_number, service_key
