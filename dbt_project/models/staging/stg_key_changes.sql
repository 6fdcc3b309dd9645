with

key_changes as (
    select * from {{ source("identity", "key_changes") }}
),

final as (
    select
        old_person_key,
        new_person_key,
        cast(changed_on as date) as changed_on,
        kind
    from key_changes
)

select * from final
