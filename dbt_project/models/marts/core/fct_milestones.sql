with

milestones as (
    select * from {{ ref("int_milestones") }}
),

final as (
    select
        milestone_key,
        source,
        achieved_date,
        coalesce(achieved_date <= {{ as_of_date() }}, false) as is_achieved,
        has_evidence,
        file_sha256,
        row_number
    from milestones
)

select * from final
order by source, milestone_key
