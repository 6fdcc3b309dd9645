with

current_rows as (
    {{ current_rows("deliverables", ["deliverable_id", "version"], [
        "deliverable_id",
        "version",
        "deliverable_type",
        "sector",
        "title",
        "status",
        "status_date",
    ]) }}
),

final as (
    select
        source,
        deliverable_id,
        cast(version as bigint) as version,
        deliverable_type,
        sector,
        title,
        status,
        cast(status_date as date) as status_date,
        file_sha256,
        row_number
    from current_rows
)

select * from final
