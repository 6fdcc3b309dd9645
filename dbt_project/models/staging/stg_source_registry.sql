with

source_registry as (
    select * from {{ source("raw", "source_registry") }}
),

final as (
    select
        source,
        source_name,
        kind,
        sector,
        owner_name,
        owner_email,
        cast(late_after_days as bigint) as late_after_days,
        entity,
        mode
    from source_registry
)

select * from final
