-- One row a spelling (name and EIN as an export wrote them), with the organisation it is.
with

mentions as (
    select
        source,
        organization_name as mention_name,
        organization_ein as mention_ein
    from {{ ref("stg_partners") }}
    union all
    select
        source,
        employer_name as mention_name,
        employer_ein as mention_ein
    from {{ ref("stg_employer_partnerships") }}
    union all
    select
        source,
        employer_name as mention_name,
        employer_ein as mention_ein
    from {{ ref("stg_placements") }}
    union all
    select
        source,
        contractor_name as mention_name,
        null as mention_ein
    from {{ ref("stg_contracts") }}
    union all
    select
        source,
        provider_name as mention_name,
        null as mention_ein
    from {{ ref("stg_programs") }}
),

spellings as (
    select
        mention_name,
        coalesce(mention_ein, '') as mention_ein,
        count(*) as n_mentions,
        string_agg(distinct source, '|' order by source) as sources
    from mentions
    where mention_name is not null
    group by mention_name, coalesce(mention_ein, '')
),

aliases as (
    select
        {{ normalize_organization_name("alias") }} as normalized_alias,
        min(canonical_name) as canonical_name
    from {{ ref("organization_aliases") }}
    where verdict = 'same'
    group by {{ normalize_organization_name("alias") }}
),

normalized as (
    select
        mention_name,
        mention_ein,
        n_mentions,
        sources,
        {{ normalize_ein("mention_ein") }} as ein,
        {{ normalize_organization_name("mention_name") }} as own_normalized_name
    from spellings
),

aliased as (
    select
        normalized.mention_name,
        normalized.mention_ein,
        normalized.n_mentions,
        normalized.sources,
        normalized.ein,
        aliases.canonical_name,
        coalesce(
            {{ normalize_organization_name("aliases.canonical_name") }},
            normalized.own_normalized_name
        ) as normalized_name
    from normalized
    left join aliases on normalized.own_normalized_name = aliases.normalized_alias
),

-- A record with a name only is the organisation of that name's EIN, where exactly one EIN bears the name.
with_single_ein as (
    select
        *,
        case
            when min(ein) over (partition by normalized_name) = max(ein) over (partition by normalized_name)
                then min(ein) over (partition by normalized_name)
        end as only_ein_of_name
    from aliased
),

final as (
    select
        mention_name,
        mention_ein,
        n_mentions,
        sources,
        coalesce(ein, only_ein_of_name) as ein,
        canonical_name,
        normalized_name,
        'org_' || md5(
            coalesce('ein:' || coalesce(ein, only_ein_of_name), 'name:' || normalized_name)
        ) as organization_key
    from with_single_ein
)

select * from final
