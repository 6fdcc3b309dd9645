-- How much each figure that counts persons hangs on who is one person: the figure to date beside what it would be under
-- other judgements, each computed by the same models.
{%- set variants = ["deterministic", "probabilistic", "if_none_merged", "if_all_merged"] %}

with

indicators as (
    select
        indicator_key,
        name,
        unit
    from {{ ref("dim_indicator") }}
    where unit = 'persons' or aggregation in ('percent_of_subjects', 'median_of_first')
),

indicator_values as (
    select * from {{ ref("indicator_values") }}
    where period_type = 'to_date'
),

variants as (
    select * from {{ ref("int_indicator_variants") }}
),

review_pairs as (
    select
        pair_number,
        person_key
    from {{ ref("int_review_pairs") }}
),

evidence as (
    select distinct
        evidence.indicator_key,
        evidence.sector,
        evidence.subject_key as person_key
    from {{ ref("indicator_evidence") }} as evidence
    inner join indicators on evidence.indicator_key = indicators.indicator_key
),

-- A pair may move a figure where one of the two has a row in its evidence, counted or not, and one of them, perhaps the
-- other, has a row in the sector.
pairs_of_indicators as (
    select distinct
        evidence.indicator_key,
        review_pairs.pair_number
    from evidence
    inner join review_pairs on evidence.person_key = review_pairs.person_key
),

pairs_of_sectors as (
    select
        'all' as sector,
        pair_number
    from review_pairs
    union distinct
    select
        evidence.sector,
        review_pairs.pair_number
    from evidence
    inner join review_pairs on evidence.person_key = review_pairs.person_key
    where evidence.sector is not null
),

pair_counts as (
    select
        pairs_of_indicators.indicator_key,
        pairs_of_sectors.sector,
        count(*) as n_review_pairs
    from pairs_of_indicators
    inner join pairs_of_sectors on pairs_of_indicators.pair_number = pairs_of_sectors.pair_number
    group by pairs_of_indicators.indicator_key, pairs_of_sectors.sector
),

joined as (
    select
        indicator_values.indicator_key,
        indicators.name,
        indicators.unit,
        indicator_values.sector,
        indicator_values.value_to_date,
        {%- for variant in variants %}
        case
            when variants.has_{{ variant }} then variants.value_{{ variant }}
            else indicator_values.value_to_date
        end as value_{{ variant }},
        {%- endfor %}
        coalesce(pair_counts.n_review_pairs, 0) as n_review_pairs,
        indicator_values.as_of_date,
        indicator_values.display_order
    from indicator_values
    inner join indicators on indicator_values.indicator_key = indicators.indicator_key
    left join variants
        on
            indicator_values.indicator_key = variants.indicator_key
            and indicator_values.sector = variants.sector
    left join pair_counts
        on
            indicator_values.indicator_key = pair_counts.indicator_key
            and indicator_values.sector = pair_counts.sector
),

final as (
    select
        indicator_key,
        name,
        unit,
        sector,
        value_to_date as value,
        value_deterministic,
        value_probabilistic,
        value_if_none_merged,
        value_if_all_merged,
        least(value_to_date, value_if_none_merged, value_if_all_merged) as value_low,
        greatest(value_to_date, value_if_none_merged, value_if_all_merged) as value_high,
        n_review_pairs,
        -- Without a pair that waits for a word nothing is in doubt: what stewards decided is no question any more.
        n_review_pairs > 0
        and (
            (value_to_date is distinct from value_if_none_merged)
            or (value_to_date is distinct from value_if_all_merged)
        ) as is_in_doubt,
        as_of_date,
        display_order
    from joined
)

select * from final
order by display_order, sector <> 'all', sector
