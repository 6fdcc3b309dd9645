-- One row a service and sector: an AJCC's service belongs to every sector in which its person is enrolled.
with

service_events as (
    select * from {{ ref("int_service_events") }}
),

person_sectors as (
    select
        person_key,
        sector
    from {{ ref("int_person_sectors") }}
),

final as (
    select
        service_events.service_key,
        service_events.source,
        service_events.service_id,
        service_events.person_key,
        coalesce(service_events.reporting_sector, person_sectors.sector) as sector,
        service_events.service_type,
        service_events.is_supportive,
        service_events.is_summer_youth,
        service_events.service_date,
        service_events.amount_usd,
        service_events.origin,
        service_events.orphan_reason,
        service_events.file_sha256,
        service_events.row_number
    from service_events
    left join person_sectors
        on
            service_events.person_key = person_sectors.person_key
            and service_events.reporting_sector is null
)

select * from final
