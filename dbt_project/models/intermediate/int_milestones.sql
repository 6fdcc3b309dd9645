with

milestones as (
    select * from {{ ref("stg_milestones") }}
),

final as (
    select
        source,
        milestone_key,
        achieved_date,
        has_evidence,
        file_sha256,
        row_number
    from milestones
)

select * from final
