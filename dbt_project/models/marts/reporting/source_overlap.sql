-- How many persons two sectors, two partners, or the AJCCs and the intermediaries share, and how many only one knows.
with

evidence as (
    select
        subject_key as person_key,
        bool_or(indicator_key = 'workers_enrolled') as is_enrolled,
        bool_or(indicator_key = 'workers_completed') as is_completed,
        bool_or(indicator_key = 'placed_in_jobs') as is_placed
    from {{ ref("indicator_evidence") }}
    where is_counted and indicator_key in ('workers_enrolled', 'workers_completed', 'placed_in_jobs')
    group by subject_key
),

person_partners as (
    select
        person_key,
        source,
        kind
    from {{ ref("int_person_partners") }}
),

person_sectors as (
    select
        person_key,
        sector
    from {{ ref("int_person_sectors") }}
    where first_training_start_date <= {{ as_of_date() }}
),

-- Every place where a person may stand, of three kinds; who stands in several of one kind is shared.
memberships as (
    select
        'sectors' as kind,
        sector as place,
        person_key
    from person_sectors
    union all
    select
        'partners' as kind,
        source as place,
        person_key
    from person_partners
    union distinct
    select
        'ajcc_and_intermediary' as kind,
        case when kind = 'ajcc' then 'ajcc' else 'intermediary' end as place,
        person_key
    from person_partners
),

places as (
    select
        'sectors' as kind,
        sector_key as place
    from {{ ref("dim_sector") }}
    union distinct
    select
        'partners' as kind,
        source as place
    from {{ ref("source_freshness") }}
    where kind <> 'program_office'
    union distinct
    select
        'ajcc_and_intermediary' as kind,
        unnest(['ajcc', 'intermediary']) as place
    union distinct
    select
        kind,
        place
    from memberships
),

place_sizes as (
    select
        kind,
        place,
        count(*) as n_persons
    from memberships
    group by kind, place
),

shared as (
    select
        earlier.kind,
        earlier.place as left_key,
        later.place as right_key,
        earlier.person_key
    from memberships as earlier
    inner join memberships as later
        on
            earlier.kind = later.kind
            and earlier.person_key = later.person_key
            and earlier.place < later.place
),

alone as (
    select
        kind,
        min(place) as left_key,
        cast(null as varchar) as right_key,
        person_key
    from memberships
    group by kind, person_key
    having count(*) = 1
),

members as (
    select
        kind,
        left_key,
        right_key,
        person_key
    from shared
    union all
    select
        kind,
        left_key,
        right_key,
        person_key
    from alone
),

counted as (
    select
        members.kind,
        members.left_key,
        members.right_key,
        count(*) as n_persons,
        count(*) filter (where evidence.is_enrolled) as n_enrolled,
        count(*) filter (where evidence.is_completed) as n_completed,
        count(*) filter (where evidence.is_placed) as n_placed
    from members
    left join evidence on members.person_key = evidence.person_key
    group by members.kind, members.left_key, members.right_key
),

-- Nobody in common is a finding too: every pair has a row, and every place one for those who stand only there.
grid as (
    select
        earlier.kind,
        earlier.place as left_key,
        later.place as right_key
    from places as earlier
    inner join places as later
        on
            earlier.kind = later.kind
            and earlier.place < later.place
    union all
    select
        kind,
        place as left_key,
        cast(null as varchar) as right_key
    from places
),

final as (
    select
        grid.kind,
        grid.left_key,
        grid.right_key,
        coalesce(left_sizes.n_persons, 0) as n_left,
        case when grid.right_key is not null then coalesce(right_sizes.n_persons, 0) end as n_right,
        coalesce(counted.n_persons, 0) as n_persons,
        coalesce(counted.n_enrolled, 0) as n_enrolled,
        coalesce(counted.n_completed, 0) as n_completed,
        coalesce(counted.n_placed, 0) as n_placed,
        {{ as_of_date() }} as as_of_date
    from grid
    left join counted
        on
            grid.kind = counted.kind
            and grid.left_key = counted.left_key
            and grid.right_key is not distinct from counted.right_key
    left join place_sizes as left_sizes
        on
            grid.kind = left_sizes.kind
            and grid.left_key = left_sizes.place
    left join place_sizes as right_sizes
        on
            grid.kind = right_sizes.kind
            and grid.right_key = right_sizes.place
)

select * from final
order by kind, left_key, right_key nulls first
