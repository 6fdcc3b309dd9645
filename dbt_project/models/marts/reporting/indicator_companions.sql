-- The figures that stand beside the indicators to date: other readings, rates the charter promises, and how sectors
-- overlap.
with

companions as (
    select * from {{ ref("companion_catalogue") }}
    where valid_from <= {{ as_of_date() }}
    qualify row_number() over (partition by companion_key order by valid_from desc) = 1
),

evidence as (
    select * from {{ ref("indicator_scoped_evidence") }}
),

persons as (
    select * from {{ ref("int_persons") }}
),

indicator_values as (
    select * from {{ ref("indicator_values") }}
    where period_type = 'to_date'
),

indicators as (
    select * from {{ ref("dim_indicator") }}
),

scopes as (
    select
        sector,
        n_unknown as n_placement_unknown
    from indicator_values
    where indicator_key = 'placed_in_jobs'
),

-- What is true of each person, in the total and in each sector.
person_facts as (
    select
        scope,
        subject_key as person_key,
        bool_or(indicator_key = 'workers_enrolled') as is_enrolled,
        bool_or(indicator_key = 'workers_completed') as is_completed,
        bool_or(indicator_key = 'placed_in_jobs') as is_placed,
        bool_or(
            indicator_key = 'placed_in_jobs' and event_date <= {{ program_start_date() }} + interval 12 month
        ) as is_placed_within_12_months
    from evidence
    where
        indicator_key in ('workers_enrolled', 'workers_completed', 'placed_in_jobs')
        and {{ counts_on("", as_of_date()) }}
    group by scope, subject_key
),

person_counts as (
    select
        person_facts.scope,
        count(*) filter (where person_facts.is_enrolled) as n_enrolled,
        count(*) filter (where person_facts.is_completed) as n_completed,
        count(*) filter (where person_facts.is_enrolled and person_facts.is_completed) as n_enrolled_completed,
        count(*) filter (where person_facts.is_enrolled and person_facts.is_placed) as n_enrolled_placed,
        count(*) filter (where person_facts.is_completed and person_facts.is_placed) as n_completed_placed,
        count(*) filter (where person_facts.is_placed_within_12_months) as n_placed_within_12_months,
        count(*) filter (where person_facts.is_enrolled and persons.is_priority_strict = 'Y') as n_strict,
        count(*) filter (where person_facts.is_enrolled and persons.is_priority_strict is null) as n_strict_unknown,
        count(*) filter (where person_facts.is_enrolled and persons.is_priority_broad = 'Y') as n_broad,
        count(*) filter (where person_facts.is_enrolled and persons.is_priority_broad is null) as n_broad_unknown
    from person_facts
    left join persons on person_facts.person_key = persons.person_key
    group by person_facts.scope
),

-- An employer is served from the day on which a partnership was established, also after its end.
employers as (
    select
        scope,
        count(distinct split_part(subject_key, ':', 1)) as n_employers
    from evidence
    where
        indicator_key = 'employer_partnerships'
        and is_qualifying
        and event_date <= {{ as_of_date() }}
    group by scope
),

counted as (
    select
        scopes.sector,
        scopes.n_placement_unknown,
        coalesce(person_counts.n_enrolled, 0) as n_enrolled,
        coalesce(person_counts.n_completed, 0) as n_completed,
        coalesce(person_counts.n_enrolled_completed, 0) as n_enrolled_completed,
        coalesce(person_counts.n_enrolled_placed, 0) as n_enrolled_placed,
        coalesce(person_counts.n_completed_placed, 0) as n_completed_placed,
        coalesce(person_counts.n_placed_within_12_months, 0) as n_placed_within_12_months,
        coalesce(person_counts.n_strict, 0) as n_strict,
        coalesce(person_counts.n_strict_unknown, 0) as n_strict_unknown,
        coalesce(person_counts.n_broad, 0) as n_broad,
        coalesce(person_counts.n_broad_unknown, 0) as n_broad_unknown,
        coalesce(employers.n_employers, 0) as n_employers
    from scopes
    left join person_counts on scopes.sector = person_counts.scope
    left join employers on scopes.sector = employers.scope
),

-- Rates have a denominator; counts have none.
measured as (
    {%- set measures = [
        ("priority_strict_pct", "n_strict", "n_enrolled", "n_strict_unknown"),
        ("priority_broad_pct", "n_broad", "n_enrolled", "n_broad_unknown"),
        ("placement_rate_of_enrolled_pct", "n_enrolled_placed", "n_enrolled", "n_placement_unknown"),
        ("placement_rate_of_completers_pct", "n_completed_placed", "n_completed", "n_placement_unknown"),
        ("completion_rate_pct", "n_enrolled_completed", "n_enrolled", "0"),
        ("placed_within_12_months", "n_placed_within_12_months", "cast(null as bigint)", "n_placement_unknown"),
        ("employers_served", "n_employers", "cast(null as bigint)", "0"),
    ] %}
    {%- for companion_key, numerator, denominator, n_unknown in measures %}
    select
        '{{ companion_key }}' as companion_key,
        sector,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        {{ n_unknown }} as n_unknown
    from counted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

sector_sums as (
    select
        indicator_values.indicator_key,
        sum(indicator_values.value_to_date) filter (where indicator_values.sector <> 'all')
        - sum(indicator_values.value_to_date) filter (where indicator_values.sector = 'all') as sector_overlap,
        max(indicator_values.sectors_covered) as sectors_covered,
        max(indicators.aggregation) as aggregation
    from indicator_values
    inner join indicators on indicator_values.indicator_key = indicators.indicator_key
    where indicators.has_sector_grain
    group by indicator_values.indicator_key
),

valued as (
    select
        companions.companion_key,
        companions.indicator_key,
        measured.sector,
        case
            when companions.unit = 'percent' then {{ percentage("measured.numerator", "measured.denominator") }}
            else measured.numerator
        end as figure,
        case when companions.unit = 'percent' then measured.numerator end as numerator,
        measured.denominator,
        measured.n_unknown
    from measured
    inner join companions on measured.companion_key = companions.companion_key
    union all
    select
        'sectors_covered' as companion_key,
        indicator_key,
        'all' as sector,
        sectors_covered as figure,
        null as numerator,
        null as denominator,
        0 as n_unknown
    from sector_sums
    union all
    select
        'sector_overlap' as companion_key,
        indicator_key,
        'all' as sector,
        sector_overlap as figure,
        null as numerator,
        null as denominator,
        0 as n_unknown
    from sector_sums
    where aggregation = 'count_distinct_subject'
),

targeted as (
    select
        valued.companion_key,
        valued.indicator_key,
        valued.sector,
        valued.figure,
        valued.numerator,
        valued.denominator,
        valued.n_unknown,
        companions.name,
        companions.unit,
        companions.definition,
        companions.display_order,
        case when valued.sector = 'all' then companions.target end as target
    from valued
    inner join companions on valued.companion_key = companions.companion_key
),

final as (
    select
        targeted.companion_key,
        targeted.indicator_key,
        targeted.name,
        targeted.unit,
        targeted.sector,
        cast(targeted.figure as decimal(18, 2)) as companion_value,
        cast(targeted.numerator as bigint) as numerator,
        cast(targeted.denominator as bigint) as denominator,
        cast(targeted.n_unknown as bigint) as n_unknown,
        case when targeted.figure is null then case when targeted.denominator > 0 then 'TOO_FEW' else 'ZERO_DENOMINATOR' end end
            as value_reason,
        targeted.target,
        cast({{ exact_divide("targeted.figure", "targeted.target", 4) }} as decimal(18, 4)) as attainment,
        targeted.figure >= targeted.target as meets_target,
        targeted.definition,
        indicator_values.as_of_date,
        indicator_values.data_through_date,
        indicator_values.is_stale,
        targeted.display_order
    from targeted
    inner join indicator_values
        on
            targeted.indicator_key = indicator_values.indicator_key
            and targeted.sector = indicator_values.sector
)

select * from final
order by display_order, indicator_key, sector <> 'all', sector
