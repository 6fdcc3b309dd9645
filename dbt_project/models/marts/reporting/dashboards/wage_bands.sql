-- How the wages behind the median are spread: persons by wage band, for the total and each sector.
{%- set bands = [
    ("$0–18", 0, 18),
    ("$18–20", 18, 20),
    ("$20–22", 20, 22),
    ("$22–24", 22, 24),
    ("$24–26", 24, 26),
    ("$26–30", 26, 30),
    ("$30+", 30, 1000000),
] %}

with

wages as (
    select
        scope as sector,
        event_date,
        amount
    from {{ ref("indicator_scoped_evidence") }}
    where indicator_key = 'median_placement_wage' and is_qualifying
),

bands (band_order, band, from_usd_per_hour, below_usd_per_hour) as (
    values
    {%- for band, lower, upper in bands %}
    ({{ loop.index }}, '{{ band }}', {{ lower }}, {{ upper }}){% if not loop.last %},{% endif %}
    {%- endfor %}
),

days as (
    select * from {{ ref("reporting_days") }}
),

sectors as (
    select * from {{ ref("reporting_sectors") }}
),

by_day as (
    select
        wages.sector,
        bands.band_order,
        wages.event_date,
        count(*) as n_persons
    from wages
    inner join bands
        on
            wages.amount >= bands.from_usd_per_hour
            and wages.amount < bands.below_usd_per_hour
    group by wages.sector, bands.band_order, wages.event_date
),

counted as (
    {{ counted_by_span(
        ["n_persons"], "bands", ["band_order", "band", "from_usd_per_hour", "below_usd_per_hour"]
    ) }}
),

totalled as (
    select
        *,
        sum(n_persons) over (partition by sector, period, as_of) as n_with_wage
    from counted
),

final as (
    select
        sector,
        sector_name,
        sector_order,
        period,
        as_of,
        until_date as period_end,
        band_order,
        band,
        cast(from_usd_per_hour as decimal(18, 2)) as from_usd_per_hour,
        cast(nullif(below_usd_per_hour, 1000000) as decimal(18, 2)) as below_usd_per_hour,
        cast(n_persons as bigint) as n_persons,
        cast(n_with_wage as bigint) as n_with_wage,
        cast({{ percentage("n_persons", "n_with_wage") }} as decimal(18, 2)) as share_pct,
        {{ as_of_date() }} as as_of_date
    from totalled
)

select * from final
order by sector_order, period, period_end, band_order
