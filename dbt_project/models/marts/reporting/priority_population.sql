-- Everybody enrolled by each criterion of the priority population, in the total and in each sector: yes, no and unknown.
{%- set criteria = [
    ("systems_impacted", "systems_impacted_flag"),
    ("systems_involved", "systems_involved_flag"),
    ("homeless", "homeless_flag"),
    ("tract", "tract_criterion_flag"),
    ("foster_youth", "foster_youth_flag"),
    ("woman", "woman_flag"),
    ("person_of_color", "person_of_color_flag"),
    ("strict", "is_priority_strict"),
    ("headline", "is_priority"),
    ("broad", "is_priority_broad"),
] %}

with

persons as (
    select * from {{ ref("int_persons") }}
),

enrolled as (
    select
        person_key,
        sector
    from {{ ref("int_person_sectors") }}
    where first_training_start_date <= {{ as_of_date() }}
),

scoped as (
    select
        sector,
        person_key
    from enrolled
    union distinct
    select
        'all' as sector,
        person_key
    from enrolled
),

scopes as (
    select 'all' as sector
    union all
    select sector_key as sector
    from {{ ref("dim_sector") }}
),

answers as (
    {%- for criterion, flag in criteria %}
    select
        scopes.sector,
        '{{ criterion }}' as criterion,
        {{ loop.index }} as display_order,
        count(scoped.person_key) as n_enrolled,
        count(*) filter (where persons.{{ flag }} = 'Y') as n_yes,
        count(*) filter (where persons.{{ flag }} = 'N') as n_no
    from scopes
    left join scoped on scopes.sector = scoped.sector
    left join persons on scoped.person_key = persons.person_key
    group by scopes.sector
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        sector,
        criterion,
        n_enrolled,
        n_yes,
        n_no,
        n_enrolled - n_yes - n_no as n_unknown,
        cast({{ percentage("n_yes", "n_enrolled") }} as decimal(18, 2)) as share_pct,
        {{ as_of_date() }} as as_of_date,
        display_order
    from answers
)

select * from final
order by sector <> 'all', sector, display_order
