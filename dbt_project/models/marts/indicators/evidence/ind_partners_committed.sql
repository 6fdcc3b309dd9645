-- Charter 12. One row a partner record: an organisation counts from its commitment until the day on which it withdrew.
with

partners as (
    select * from {{ ref("int_partners") }}
),

-- A withdrawal older than the commitment of a partner that stands as committed is from an earlier round.
dated as (
    select
        sector,
        organization_key,
        partner_key,
        commitment_status,
        commitment_date,
        source,
        file_sha256,
        row_number,
        case
            when commitment_status = 'committed' and withdrawn_date < commitment_date then null
            else withdrawn_date
        end as end_date
    from partners
),

judged as (
    select
        sector,
        organization_key,
        partner_key,
        commitment_status,
        commitment_date,
        end_date,
        source,
        file_sha256,
        row_number,
        case
            when commitment_status not in ('committed', 'withdrawn') then 'NOT_COMMITTED'
            when commitment_status = 'withdrawn' and end_date is null then 'WITHDRAWN'
        end as reason
    from dated
),

final as (
    select
        'partners_committed' as indicator_key,
        sector,
        organization_key as subject_key,
        commitment_date as event_date,
        end_date,
        'WITHDRAWN' as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        upper(commitment_status) as flag,
        source,
        file_sha256,
        row_number,
        partner_key as tie_break
    from judged
)

select * from final
