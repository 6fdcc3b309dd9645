-- Of everybody enrolled, who is of a priority population and by which criterion, as of each month's end and within it.
{%- set criteria = [
    ("Systems-impacted", "systems_impacted_flag"),
    ("Systems-involved", "systems_involved_flag"),
    ("Homeless", "homeless_flag"),
    ("Lives in a priority tract", "tract_criterion_flag"),
    ("Priority population (indicator 4)", "is_priority"),
    ("Foster youth", "foster_youth_flag"),
    ("Woman", "woman_flag"),
    ("Person of color", "person_of_color_flag"),
] %}

with

enrolled as (
    select * from {{ ref("reporting_enrolled") }}
),

persons as (
    select * from {{ ref("int_persons") }}
),

days as (
    select * from {{ ref("reporting_days") }}
),

sectors as (
    select * from {{ ref("reporting_sectors") }}
),

by_day as (
    {%- for criterion, flag in criteria %}
    select
        enrolled.sector,
        enrolled.first_date as event_date,
        {{ loop.index }} as display_order,
        count(*) as n_enrolled,
        count(*) filter (where persons.{{ flag }} = 'Y') as n_yes,
        count(*) filter (where persons.{{ flag }} = 'N') as n_no
    from enrolled
    inner join persons on enrolled.person_key = persons.person_key
    group by enrolled.sector, enrolled.first_date
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

criteria (display_order, criterion) as (
    values
    {%- for criterion, flag in criteria %}
    ({{ loop.index }}, '{{ criterion }}'){% if not loop.last %},{% endif %}
    {%- endfor %}
),

counted as (
    {{ counted_by_span(["n_enrolled", "n_yes", "n_no"], "criteria", ["display_order", "criterion"]) }}
),

final as (
    select
        sector,
        sector_name,
        sector_order,
        period,
        as_of,
        until_date as period_end,
        criterion,
        cast(n_enrolled as bigint) as n_enrolled,
        cast(n_yes as bigint) as n_yes,
        cast(n_no as bigint) as n_no,
        cast(n_enrolled - n_yes - n_no as bigint) as n_unknown,
        cast({{ percentage("n_yes", "n_enrolled") }} as decimal(18, 2)) as share_pct,
        {{ as_of_date() }} as as_of_date,
        display_order
    from counted
)

select * from final
order by sector_order, period, period_end, display_order
