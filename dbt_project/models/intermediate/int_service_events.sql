-- One row a service, before an AJCC's services are spread over the sectors of their person.
with

services as (
    select * from {{ ref("stg_services") }}
),

participants as (
    select
        source,
        participant_id,
        person_key
    from {{ ref("int_participant_records") }}
    where record_type = 'participant'
),

service_types as (
    select
        service_type,
        is_supportive,
        is_summer_youth
    from {{ ref("service_types") }}
),

source_sectors as (
    select distinct
        source,
        sector
    from {{ ref("stg_source_registry") }}
    where sector is not null
),

reported as (
    select
        {{ surrogate_key(["services.source", "'service'", "services.service_id"]) }} as service_key,
        services.source,
        services.service_id,
        participants.person_key,
        source_sectors.sector as reporting_sector,
        services.service_type,
        coalesce(service_types.is_supportive, false) as is_supportive,
        coalesce(service_types.is_summer_youth, false) as is_summer_youth,
        services.service_date,
        services.amount_usd,
        case when source_sectors.sector is null then 'ajcc' else 'intermediary' end as origin,
        services.file_sha256,
        services.row_number
    from services
    left join participants
        on
            services.source = participants.source
            and services.participant_id = participants.participant_id
    left join service_types on services.service_type = service_types.service_type
    left join source_sectors on services.source = source_sectors.source
),

pirl_records as (
    select
        records.record_key,
        pirl.source,
        pirl.person_key,
        pirl.entry_date,
        pirl.supportive_service_date,
        pirl.needs_related_payments_flag,
        pirl.file_sha256,
        pirl.row_number
    from {{ ref("stg_pirl") }} as pirl
    inner join {{ ref("int_participant_records") }} as records
        on
            pirl.source = records.source
            and pirl.file_sha256 = records.file_sha256
            and pirl.row_number = records.row_number
            and records.record_type = 'pirl'
),

-- Element 1409 dates the service; needs-related payments (1500) without it count from the entry date.
pirl_services as (
    select
        {{ surrogate_key(["record_key", "'pirl_1409'"]) }} as service_key,
        source,
        cast(null as varchar) as service_id,
        person_key,
        cast(null as varchar) as reporting_sector,
        'ajcc_supportive_service' as service_type,
        true as is_supportive,
        false as is_summer_youth,
        supportive_service_date as service_date,
        cast(null as decimal(12, 2)) as amount_usd,
        'pirl_1409' as origin,
        file_sha256,
        row_number
    from pirl_records
    where supportive_service_date is not null
    union all
    select
        {{ surrogate_key(["record_key", "'pirl_1500'"]) }} as service_key,
        source,
        cast(null as varchar) as service_id,
        person_key,
        cast(null as varchar) as reporting_sector,
        'needs_related_payment' as service_type,
        true as is_supportive,
        false as is_summer_youth,
        entry_date as service_date,
        cast(null as decimal(12, 2)) as amount_usd,
        'pirl_1500' as origin,
        file_sha256,
        row_number
    from pirl_records
    where needs_related_payments_flag = 'Y' and supportive_service_date is null
),

activity_services as (
    select
        activity_key as service_key,
        source,
        activity_id as service_id,
        person_key,
        cast(null as varchar) as reporting_sector,
        service_type,
        is_supportive,
        is_summer_youth,
        begin_date as service_date,
        cast(null as decimal(12, 2)) as amount_usd,
        'caljobs_activity' as origin,
        file_sha256,
        row_number
    from {{ ref("int_caljobs_activities") }}
    where service_type is not null
),

all_services as (
    select * from reported
    union all
    select * from pirl_services
    union all
    select * from activity_services
),

final as (
    select
        service_key,
        source,
        service_id,
        person_key,
        reporting_sector,
        service_type,
        is_supportive,
        is_summer_youth,
        service_date,
        amount_usd,
        origin,
        case when person_key is null then 'ORPHAN' end as orphan_reason,
        file_sha256,
        row_number
    from all_services
)

select * from final
