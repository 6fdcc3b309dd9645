-- What is known of the jobs in which people were placed, beyond the wage: one job a person, their first that counts.
{%- set qualities = [
    ("Pays the target wage or more", "wage_flag"),
    ("35 hours a week or more", "full_time_flag"),
    ("Not subsidised", "unsubsidised_flag"),
    ("With a new employer", "new_employer_flag"),
    ("Registered apprenticeship", "apprenticeship_flag"),
] %}

with

evidence as (
    select * from {{ ref("indicator_scoped_evidence") }}
    where indicator_key = 'placed_in_jobs' and is_qualifying
),

placements as (
    select * from {{ ref("int_placements") }}
),

wage_target as (
    select target
    from {{ ref("dim_indicator") }}
    where indicator_key = 'median_placement_wage'
),

days as (
    select * from {{ ref("reporting_days") }}
),

sectors as (
    select * from {{ ref("reporting_sectors") }}
),

jobs as (
    select
        evidence.scope as sector,
        evidence.subject_key as person_key,
        evidence.event_date,
        evidence.source,
        evidence.tie_break,
        case when placements.wage_usd_per_hour >= wage_target.target then 'Y' when placements.wage_usd_per_hour is not null then 'N' end
            as wage_flag,
        case when placements.hours_per_week >= 35 then 'Y' when placements.hours_per_week is not null then 'N' end as full_time_flag,
        case placements.subsidized_flag when 'N' then 'Y' when 'Y' then 'N' end as unsubsidised_flag,
        case placements.same_employer_flag when 'N' then 'Y' when 'Y' then 'N' end as new_employer_flag,
        case when placements.apprenticeship_registration_id_present then 'Y' else 'N' end as apprenticeship_flag
    from evidence
    inner join placements
        on
            evidence.source = placements.source
            and evidence.file_sha256 = placements.file_sha256
            and evidence.row_number = placements.row_number
    cross join wage_target
),

first_jobs as (
    select
        sector,
        event_date,
        wage_flag,
        full_time_flag,
        unsubsidised_flag,
        new_employer_flag,
        apprenticeship_flag
    from jobs
    qualify
        row_number() over (
            partition by sector, person_key
            order by event_date, source, tie_break
        ) = 1
),

by_day as (
    {%- for quality, flag in qualities %}
    select
        sector,
        event_date,
        {{ loop.index }} as display_order,
        count(*) as n_placed,
        count(*) filter (where {{ flag }} = 'Y') as n_yes,
        count(*) filter (where {{ flag }} = 'N') as n_no
    from first_jobs
    group by sector, event_date
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

qualities (display_order, quality) as (
    values
    {%- for quality, flag in qualities %}
    ({{ loop.index }}, '{{ quality }}'){% if not loop.last %},{% endif %}
    {%- endfor %}
),

counted as (
    {{ counted_by_span(["n_placed", "n_yes", "n_no"], "qualities", ["display_order", "quality"]) }}
),

final as (
    select
        sector,
        sector_name,
        sector_order,
        period,
        as_of,
        until_date as period_end,
        quality,
        cast(n_placed as bigint) as n_placed,
        cast(n_yes as bigint) as n_yes,
        cast(n_no as bigint) as n_no,
        cast(n_placed - n_yes - n_no as bigint) as n_unknown,
        cast({{ percentage("n_yes", "n_placed") }} as decimal(18, 2)) as share_pct,
        {{ as_of_date() }} as as_of_date,
        display_order
    from counted
)

select * from final
order by sector_order, period, period_end, display_order
