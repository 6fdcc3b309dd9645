-- Every row behind every figure, counted or left out with its reason.
-- dbt must know before it reads anything which models this one waits for, so their list stands here. It is the only
-- list of the indicators besides the catalogue: a build stops where the two, or the files, differ.
{%- set indicator_keys = [
    "workers_enrolled",
    "workers_completed",
    "summer_youth_participants",
    "programs_developed",
    "partners_committed",
    "provider_contracts",
    "placed_in_jobs",
    "placed_in_apprenticeships",
    "median_placement_wage",
    "priority_population_pct",
    "supportive_services_recipients",
    "high_road_completed",
    "sector_strategies",
    "employer_partnerships",
    "comprehensive_reports",
    "apprenticeship_portal_launched",
    "apprenticeship_hub_contracted",
] %}
{%- do check_every_indicator_model_is_listed(indicator_keys) %}

with

evidence as (
    {%- for indicator_key in indicator_keys %}
    select
        indicator_key,
        sector,
        subject_key,
        event_date,
        end_date,
        end_reason,
        amount,
        is_qualifying,
        is_unknown,
        is_first_for_person,
        reason,
        flag,
        source,
        file_sha256,
        row_number,
        tie_break
    from {{ ref("ind_" ~ indicator_key) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

judged as (
    select
        indicator_key,
        sector,
        subject_key,
        event_date,
        end_date,
        end_reason,
        amount,
        is_qualifying,
        is_unknown,
        is_first_for_person,
        reason,
        flag,
        source,
        file_sha256,
        row_number,
        tie_break,
        {{ counts_on("", as_of_date()) }} as is_counted
    from evidence
),

final as (
    select
        indicator_key,
        sector,
        subject_key,
        event_date,
        amount,
        is_counted,
        case
            when is_counted then null
            when not is_qualifying then reason
            when event_date > {{ as_of_date() }} then 'AFTER_AS_OF'
            when end_date <= {{ as_of_date() }} then coalesce(end_reason, 'ENDED')
            else 'NO_DATE'
        end as reason,
        source,
        file_sha256,
        row_number,
        end_date,
        is_qualifying,
        is_unknown,
        is_first_for_person,
        flag,
        tie_break
    from judged
)

select * from final
order by indicator_key, source, file_sha256, row_number, tie_break, sector
