with

spellings as (
    select * from {{ ref("int_organization_names") }}
),

names as (
    select
        organization_key,
        mention_name,
        canonical_name,
        normalized_name,
        ein,
        sum(n_mentions) as n_mentions
    from spellings
    group by organization_key, mention_name, canonical_name, normalized_name, ein
),

-- Shown as: its canonical name where an alias gives one, else the spelling met most often.
ranked as (
    select
        *,
        row_number() over (
            partition by organization_key
            order by canonical_name asc nulls last, n_mentions desc, mention_name asc
        ) as preference
    from names
),

final as (
    select
        organization_key,
        max(case when preference = 1 then coalesce(canonical_name, mention_name) end) as organization_name,
        max(case when preference = 1 then normalized_name end) as normalized_name,
        max(left(ein, 2) || '-' || right(ein, 7)) as ein,
        count(distinct mention_name) as n_spellings,
        string_agg(distinct mention_name, ' | ' order by mention_name) as spellings,
        cast(sum(n_mentions) as bigint) as n_mentions
    from ranked
    group by organization_key
)

select * from final
