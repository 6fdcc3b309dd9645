-- Which published lists stand behind the tract criterion, or that only the synthetic samples do.
with

lists as (
    select * from {{ ref("int_reference_lists") }}
),

final as (
    select
        list_name,
        origin,
        file_name,
        file_sha256,
        publisher,
        vintage,
        n_rows,
        n_tracts,
        n_tracts_shared,
        refused_reason
    from lists
)

select * from final
order by list_name
