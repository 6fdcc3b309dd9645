-- Charter 6. One row a service, and one for each sector in which the person is enrolled where an AJCC gave it.
{% set days_before_training = 30 %}

with

services as (
    select * from {{ ref("int_services") }}
),

first_training as (
    select * from {{ ref("int_person_first_training") }}
),

person_sectors as (
    select * from {{ ref("int_person_sectors") }}
),

-- A recipient is an enrolled person: a service before training counts from the first day of training, and that of
-- an AJCC in a sector from the day on which the person is enrolled there.
joined as (
    select
        services.sector,
        services.person_key,
        services.is_supportive,
        services.service_date,
        services.service_key,
        services.origin,
        services.source,
        services.file_sha256,
        services.row_number,
        first_training.first_training_start_date,
        case
            when services.origin = 'intermediary' then first_training.first_training_start_date
            else coalesce(person_sectors.first_training_start_date, first_training.first_training_start_date)
        end as enrolled_from_date
    from services
    left join first_training
        on services.person_key = first_training.person_key
    left join person_sectors
        on
            services.person_key = person_sectors.person_key
            and services.sector = person_sectors.sector
),

judged as (
    select
        sector,
        person_key,
        service_date,
        enrolled_from_date,
        service_key,
        origin,
        source,
        file_sha256,
        row_number,
        case
            when person_key is null then 'ORPHAN'
            when not is_supportive then 'NOT_SUPPORTIVE'
            when first_training_start_date is null then 'NOT_ENROLLED'
            when service_date < first_training_start_date - interval ({{ days_before_training }}) day then 'BEFORE_WINDOW'
        end as reason
    from joined
),

final as (
    select
        'supportive_services_recipients' as indicator_key,
        sector,
        person_key as subject_key,
        greatest(service_date, enrolled_from_date) as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        upper(origin) as flag,
        source,
        file_sha256,
        row_number,
        service_key as tie_break
    from judged
)

select * from final
