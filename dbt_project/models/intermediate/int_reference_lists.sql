-- Which list is in force of each kind.
with

dropped_in as (
    select * from {{ ref("stg_reference_lists") }}
),

samples as (
    {%- for name in ["tract_priority", "zip_tract"] %}
    select
        '{{ name }}' as list_name,
        max(source) as publisher,
        max(vintage) as vintage,
        count(*) as n_rows
    from {{ ref(name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

tracts as (
    select
        'tract_priority' as list_name,
        tract_geoid
    from {{ ref("int_tract_priority") }}
    union distinct
    select
        'zip_tract' as list_name,
        tract_geoid
    from {{ ref("int_zip_tract") }}
),

-- Lists of two censuses have few tracts in common.
tract_counts as (
    select
        tracts.list_name,
        count(*) as n_tracts,
        count(others.tract_geoid) as n_tracts_shared
    from tracts
    left join tracts as others
        on
            tracts.tract_geoid = others.tract_geoid
            and tracts.list_name <> others.list_name
    group by tracts.list_name
),

final as (
    select
        samples.list_name,
        case
            when dropped_in.file_sha256 is null then 'sample'
            when dropped_in.refused_reason is not null then 'last_good'
            else 'published'
        end as origin,
        dropped_in.file_name,
        dropped_in.file_sha256,
        case when dropped_in.file_sha256 is null then samples.publisher else dropped_in.publisher end as publisher,
        case when dropped_in.file_sha256 is null then samples.vintage else dropped_in.vintage end as vintage,
        case when dropped_in.file_sha256 is null then samples.n_rows else dropped_in.n_rows end as n_rows,
        coalesce(tract_counts.n_tracts, 0) as n_tracts,
        coalesce(tract_counts.n_tracts_shared, 0) as n_tracts_shared,
        dropped_in.refused_reason
    from samples
    left join dropped_in on samples.list_name = dropped_in.list_name
    left join tract_counts on samples.list_name = tract_counts.list_name
)

select * from final
