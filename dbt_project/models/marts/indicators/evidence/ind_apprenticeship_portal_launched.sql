-- Charter 17. The milestone of the portal's launch: yes from the day on which it was achieved.
with

milestones as (
    select * from {{ ref("int_milestones") }}
    where milestone_key = 'apprenticeship_portal_launch'
),

final as (
    select
        'apprenticeship_portal_launched' as indicator_key,
        cast(null as varchar) as sector,
        milestone_key as subject_key,
        achieved_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        achieved_date is not null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        case when achieved_date is null then 'NOT_ACHIEVED' end as reason,
        cast(null as varchar) as flag,
        source,
        file_sha256,
        row_number,
        milestone_key as tie_break
    from milestones
)

select * from final
