-- US Treasury. Persons with a summer youth employment service or CalJOBS activity 400; they need not be enrolled.
-- The value is an explicit 0 as long as nobody has one: HRTP runs no such program.
with

services as (
    select * from {{ ref("int_services") }}
    where is_summer_youth
),

-- An AJCC's service stands once for each sector of the person; this indicator has no sectors.
one_a_service as (
    select
        person_key,
        service_date,
        service_key,
        origin,
        source,
        file_sha256,
        row_number
    from services
    qualify row_number() over (
        partition by source, file_sha256, row_number, origin, service_type
        order by service_key, sector
    ) = 1
),

final as (
    select
        'summer_youth_participants' as indicator_key,
        cast(null as varchar) as sector,
        person_key as subject_key,
        service_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        person_key is not null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        case when person_key is null then 'ORPHAN' end as reason,
        upper(origin) as flag,
        source,
        file_sha256,
        row_number,
        service_key as tie_break
    from one_a_service
)

select * from final
