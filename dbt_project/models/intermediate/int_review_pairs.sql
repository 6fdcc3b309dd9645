-- One row a pair and person of it. A view: the mart stores what it says.
{{ config(materialized="view") }}

with

review_pairs as (
    select * from {{ ref("stg_review_pairs") }}
),

final as (
    select
        pair_number,
        left_person_key as person_key
    from review_pairs
    union all
    select
        pair_number,
        right_person_key as person_key
    from review_pairs
)

select * from final
