-- The figure that stands beside its variants is the published one, of every indicator that counts persons and of each
-- sector; nothing is missing. Fails with each row that differs.
with

published as (
    select
        indicator_values.indicator_key,
        indicator_values.sector,
        indicator_values.value_to_date
    from {{ ref("indicator_values") }} as indicator_values
    inner join {{ ref("dim_indicator") }} as indicators
        on indicator_values.indicator_key = indicators.indicator_key
    where
        indicator_values.period_type = 'to_date'
        and (indicators.unit = 'persons' or indicators.aggregation in ('percent_of_subjects', 'median_of_first'))
),

shown as (
    select
        indicator_key,
        sector,
        value
    from {{ ref("indicator_identity") }}
)

select
    coalesce(published.indicator_key, shown.indicator_key) as indicator_key,
    coalesce(published.sector, shown.sector) as sector,
    published.value_to_date,
    shown.value
from published
full outer join shown
    on
        published.indicator_key = shown.indicator_key
        and published.sector = shown.sector
where
    published.indicator_key is null
    or shown.indicator_key is null
    or published.value_to_date is distinct from shown.value
