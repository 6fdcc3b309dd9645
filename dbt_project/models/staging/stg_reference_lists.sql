-- What was dropped in as a published list, and what of it was refused.
{{ config(materialized="view") }}

with

dropped_in as (
    select
        list_name,
        file_name,
        file_sha256,
        publisher,
        vintage,
        n_rows,
        refused_reason
    from {{ source("reference", "lists") }}
),

final as (
    select
        list_name,
        file_name,
        file_sha256,
        publisher,
        vintage,
        n_rows,
        refused_reason
    from dropped_in
)

select * from final
