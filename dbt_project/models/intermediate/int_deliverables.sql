with

deliverables as (
    select * from {{ ref("stg_deliverables") }}
),

final as (
    select
        {{ surrogate_key(["source", "'deliverable'", "deliverable_id", "version"]) }} as deliverable_key,
        source,
        deliverable_id,
        version,
        deliverable_type,
        sector,
        title,
        status,
        status_date,
        file_sha256,
        row_number
    from deliverables
)

select * from final
