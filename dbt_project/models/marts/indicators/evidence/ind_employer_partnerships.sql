-- Charter 21. One row a partnership record: a pair of employer and sector counts from its start until the day it ended.
with

partnerships as (
    select * from {{ ref("int_employer_partnerships") }}
),

-- An end older than the start of a partnership that stands as established is from an earlier round.
dated as (
    select
        sector,
        organization_key,
        partnership_key,
        status,
        established_date,
        source,
        file_sha256,
        row_number,
        case
            when status = 'established' and ended_date < established_date then null
            else ended_date
        end as end_date
    from partnerships
),

judged as (
    select
        sector,
        organization_key,
        partnership_key,
        status,
        established_date,
        end_date,
        source,
        file_sha256,
        row_number,
        case
            when status not in ('established', 'ended') then 'NOT_ESTABLISHED'
            when status = 'ended' and end_date is null then 'ENDED'
        end as reason
    from dated
),

final as (
    select
        'employer_partnerships' as indicator_key,
        sector,
        organization_key || ':' || sector as subject_key,
        established_date as event_date,
        end_date,
        'ENDED' as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        upper(status) as flag,
        source,
        file_sha256,
        row_number,
        partnership_key as tie_break
    from judged
)

select * from final
