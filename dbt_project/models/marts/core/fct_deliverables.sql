with

deliverables as (
    select * from {{ ref("int_deliverables") }}
),

final as (
    select
        deliverable_key,
        sector,
        source,
        deliverable_id,
        version,
        deliverable_type,
        title,
        status,
        status_date,
        -- Drafts and versions dated later than the day built are never the latest.
        coalesce(
            version = max(case when status <> 'draft' and status_date <= {{ as_of_date() }} then version end)
                over (partition by source, deliverable_id),
            false
        ) as is_latest_version,
        file_sha256,
        row_number
    from deliverables
)

select * from final
order by source, deliverable_id, version
