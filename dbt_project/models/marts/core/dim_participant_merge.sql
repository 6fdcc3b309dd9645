with

key_changes as (
    select * from {{ ref("int_key_changes") }}
),

final as (
    select
        old_person_key,
        new_person_key,
        changed_on,
        kind
    from key_changes
)

select * from final
order by changed_on, old_person_key, new_person_key
