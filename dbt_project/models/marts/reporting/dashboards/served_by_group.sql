-- Who is enrolled, by gender, race and ethnicity and the like: each person once in a dimension, so its groups add up.
{%- set flags = [("Veteran", "veteran_flag"), ("Disability", "disability_flag"), ("Low income", "low_income_flag")] %}

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

-- Federal reporting's roll-up: Hispanic or Latino of any race, else one race, else two or more.
described as (
    select
        enrolled.sector,
        enrolled.first_date,
        case persons.gender when 'female' then 'Women' when 'male' then 'Men' when 'nonbinary' then 'Nonbinary' else 'Not known' end
            as gender,
        case
            when persons.hispanic_flag = 'Y' then 'Hispanic or Latino'
            when persons.race_codes is null then 'Not known'
            when contains(persons.race_codes, '|') then 'Two or more races'
            when persons.race_codes = 'american_indian' then 'American Indian or Alaska Native'
            when persons.race_codes = 'asian' then 'Asian'
            when persons.race_codes = 'black' then 'Black or African American'
            when persons.race_codes = 'pacific_islander' then 'Native Hawaiian or Pacific Islander'
            when persons.race_codes = 'white' then 'White'
            else 'Another race'
        end as race_and_ethnicity,
        case persons.employment_status_at_entry
            when 'employed' then 'Employed'
            when 'underemployed' then 'Underemployed'
            when 'unemployed' then 'Unemployed'
            when 'not_in_labor_force' then 'Not in the labor force'
            else 'Not known'
        end as employment_at_entry,
        {%- for dimension, flag in flags %}
        case persons.{{ flag }} when 'Y' then 'Yes' when 'N' then 'No' else 'Not known' end as {{ flag }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from enrolled
    inner join persons on enrolled.person_key = persons.person_key
),

by_day as (
    {%- for dimension, column in [
        ("Gender", "gender"), ("Race and ethnicity", "race_and_ethnicity"), ("Employment at entry", "employment_at_entry")
    ] + flags %}
    select
        sector,
        first_date,
        {{ loop.index }} as dimension_order,
        '{{ dimension }}' as dimension,
        {{ column }} as group_name,
        count(*) as n_persons
    from described
    group by sector, first_date, {{ column }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counted as (
    select
        sectors.sector,
        sectors.sector_name,
        sectors.sector_order,
        days.period,
        days.as_of,
        days.until_date,
        by_day.dimension_order,
        by_day.dimension,
        by_day.group_name,
        sum(by_day.n_persons) as n_persons
    from by_day
    inner join sectors on by_day.sector = sectors.sector
    inner join days on by_day.first_date between days.from_date and days.until_date
    group by all
),

totalled as (
    select
        *,
        sum(n_persons) over (partition by sector, period, as_of, dimension) as n_enrolled
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
        dimension_order,
        dimension,
        group_name,
        cast(n_persons as bigint) as n_persons,
        cast(n_enrolled as bigint) as n_enrolled,
        cast({{ percentage("n_persons", "n_enrolled") }} as decimal(18, 2)) as share_pct,
        {{ as_of_date() }} as as_of_date
    from totalled
)

select * from final
order by sector_order, period, period_end, dimension_order, group_name
