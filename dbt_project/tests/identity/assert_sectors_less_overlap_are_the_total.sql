-- Of everybody enrolled: the sum over sectors less the overlap is the total, three times over. By how many sectors each
-- person is in (person_reach), by the published values, and by the persons whom pairs of sectors share. Fails with the
-- figures that differ.
with

published as (
    select
        sum(value_to_date) filter (where sector = 'all') as total,
        sum(value_to_date) filter (where sector <> 'all') as sum_of_sectors
    from {{ ref("indicator_values") }}
    where indicator_key = 'workers_enrolled' and period_type = 'to_date'
),

companion as (
    select companion_value as overlap
    from {{ ref("indicator_companions") }}
    where companion_key = 'sector_overlap' and indicator_key = 'workers_enrolled' and sector = 'all'
),

reach as (
    select
        coalesce(sum(n_persons), 0) as total,
        coalesce(sum(n_places * n_persons), 0) as sum_of_sectors,
        coalesce(sum(n_counted_again), 0) as overlap,
        coalesce(sum(n_places * (n_places - 1) // 2 * n_persons), 0) as n_pairs
    from {{ ref("person_reach") }}
    where kind = 'sectors'
),

pairs as (
    select
        coalesce(sum(n_persons) filter (where right_key is not null), 0) as n_pairs,
        coalesce(sum(n_persons) filter (where right_key is null), 0) as n_alone
    from {{ ref("source_overlap") }}
    where kind = 'sectors'
),

alone as (
    select coalesce(sum(n_persons), 0) as n_alone
    from {{ ref("person_reach") }}
    where kind = 'sectors' and n_places = 1
),

compared as (
    select
        published.total,
        published.sum_of_sectors,
        companion.overlap,
        reach.total as total_by_reach,
        reach.sum_of_sectors as sum_by_reach,
        reach.overlap as overlap_by_reach,
        reach.n_pairs,
        pairs.n_pairs as n_pairs_of_pairs,
        alone.n_alone,
        pairs.n_alone as n_alone_of_pairs
    from published
    cross join companion
    cross join reach
    cross join pairs
    cross join alone
)

select *
from compared
where
    sum_of_sectors - overlap <> total
    or total_by_reach <> total
    or sum_by_reach <> sum_of_sectors
    or overlap_by_reach <> overlap
    or n_pairs <> n_pairs_of_pairs
    or n_alone <> n_alone_of_pairs
