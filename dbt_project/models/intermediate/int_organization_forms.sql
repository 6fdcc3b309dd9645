-- Every form under which an organisation may be met again: each of its normalised names, and the two parts of a trade
-- name (one doing business as the other).
with

spellings as (
    select
        organization_key,
        mention_name,
        normalized_name,
        n_mentions
    from {{ ref("int_organization_names") }}
),

parts as (
    select
        organization_key,
        {{ trade_name_part("mention_name", 1) }} as name_part,
        n_mentions
    from spellings
    union all
    select
        organization_key,
        {{ trade_name_part("mention_name", 3) }} as name_part,
        n_mentions
    from spellings
),

forms as (
    select
        organization_key,
        normalized_name,
        false as is_trade_name,
        n_mentions
    from spellings
    union all
    select
        organization_key,
        {{ normalize_organization_name("name_part") }} as normalized_name,
        true as is_trade_name,
        n_mentions
    from parts
    where name_part is not null
),

final as (
    select
        organization_key,
        normalized_name,
        bool_and(is_trade_name) as is_trade_name,
        sum(n_mentions) as n_mentions,
        replace(normalized_name, ' ', '') as letters,
        array_to_string(list_sort(string_split(normalized_name, ' ')), ' ') as sorted_words,
        regexp_replace(normalized_name, '[^0-9]+', ' ', 'g') as digits,
        len(string_split(normalized_name, ' ')) as n_words
    from forms
    group by organization_key, normalized_name
)

select * from final
