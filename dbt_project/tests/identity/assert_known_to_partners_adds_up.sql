-- Everybody known is known to one partner alone, or to two and more; and each pair that the partners share stands in
-- fct_co_enrollments once a person. Fails with the figures that differ.
with

persons as (
    select
        count(*) as n_persons,
        count(*) filter (where n_sources > 1) as n_shared
    from {{ ref("dim_participant") }}
),

overlap as (
    select
        coalesce(sum(n_persons) filter (where kind = 'partners' and right_key is null), 0) as n_alone,
        coalesce(sum(n_persons) filter (where right_key is not null and kind in ('partners', 'sectors')), 0) as n_pairs,
        coalesce(sum(n_persons) filter (where kind = 'ajcc_and_intermediary'), 0) as n_either_or_both
    from {{ ref("source_overlap") }}
),

facts as (
    select
        count(*) as n_pairs,
        count(distinct person_key) filter (where kind = 'partners') as n_shared
    from {{ ref("fct_co_enrollments") }}
)

select
    persons.n_persons,
    persons.n_shared,
    overlap.n_alone,
    overlap.n_either_or_both,
    overlap.n_pairs,
    facts.n_shared as n_shared_of_facts,
    facts.n_pairs as n_pairs_of_facts
from persons
cross join overlap
cross join facts
where
    persons.n_persons <> overlap.n_alone + persons.n_shared
    or persons.n_persons <> overlap.n_either_or_both
    or persons.n_shared <> facts.n_shared
    or overlap.n_pairs <> facts.n_pairs
