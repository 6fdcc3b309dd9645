-- Pairs of persons that a steward is to decide on. A view: what stands behind it is replaced.
{{ config(materialized="view") }}

with

review_pairs as (
    select
        pair_number,
        left_person_key,
        right_person_key
    from {{ source("identity", "review_pairs") }}
),

-- Two records of a pair may have become one person by way of a third.
final as (
    select
        pair_number,
        left_person_key,
        right_person_key
    from review_pairs
    where left_person_key <> right_person_key
)

select * from final
