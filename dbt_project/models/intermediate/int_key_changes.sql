-- A view: the mart stores it.
{{ config(materialized="view") }}

with

key_changes as (
    select * from {{ ref("stg_key_changes") }}
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
