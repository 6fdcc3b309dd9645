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

-- Two branches: one outer join on both conditions took minutes where this takes a second (a million services).
of_intermediaries as (
    select
        service_events.*,
        service_events.reporting_sector as sector
    from service_events
    where service_events.reporting_sector is not null
),

of_ajccs as (
    select
        service_events.*,
        person_sectors.sector
    from service_events
    left join person_sectors on service_events.person_key = person_sectors.person_key
    where service_events.reporting_sector is null
),

attributed as (
    select * from of_intermediaries
    union all
    select * from of_ajccs
),

final as (
    select
        service_key,
        source,
        service_id,
        person_key,
        sector,
        service_type,
        is_supportive,
        is_summer_youth,
        service_date,
        amount_usd,
        origin,
        orphan_reason,
        file_sha256,
        row_number
    from attributed
)

select * from final
