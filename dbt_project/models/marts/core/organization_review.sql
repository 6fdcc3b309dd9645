-- Pairs of names that a person should look at: two organisations that may be one, and one whose names may be two.
-- Nothing is merged here. A verdict in seeds/organization_aliases.csv takes a pair off the list.
{#- From this many letters on, two letters may differ; a name of fewer than the first number is too short to tell. -#}
{%- set letters_for_one, letters_for_two = 5, 12 %}

with

organizations as (
    select * from {{ ref("dim_organization") }}
),

forms as (
    select * from {{ ref("int_organization_forms") }}
),

places as (
    select
        organization_key,
        unnest(string_split(sources, '|')) as source,
        n_mentions
    from {{ ref("int_organization_names") }}
),

sources as (
    select
        organization_key,
        string_agg(distinct source, '|' order by source) as sources
    from places
    group by organization_key
),

mentions as (
    select
        organization_key,
        cast(sum(n_mentions) as bigint) as n_mentions
    from {{ ref("int_organization_names") }}
    group by organization_key
),

decided as (
    select
        {{ normalize_organization_name("alias") }} as normalized_alias,
        {{ normalize_organization_name("canonical_name") }} as normalized_canonical,
        verdict
    from {{ ref("organization_aliases") }}
),

decided_both_ways as (
    select
        normalized_alias as one_name,
        normalized_canonical as other_name,
        verdict
    from decided
    union distinct
    select
        normalized_canonical as one_name,
        normalized_alias as other_name,
        verdict
    from decided
),

-- What two names must share to be compared, or each would be with each. One letter that differs leaves the first or the
-- last half whole; of two, one in each end of a name escapes. Overlapping lengths, so that no pair falls between two.
blocks as (
    select
        organization_key,
        normalized_name,
        length(letters) as n_letters,
        unnest([
            case when length(letters) <= 14 then '<' || left(letters, 4) end,
            case when length(letters) <= 14 then '>' || right(letters, 4) end,
            case when length(letters) between 12 and 20 then '<' || left(letters, 7) end,
            case when length(letters) between 12 and 20 then '>' || right(letters, 7) end,
            case when length(letters) >= 18 then '<' || left(letters, 9) end,
            case when length(letters) >= 18 then '>' || right(letters, 9) end,
            '=' || sorted_words,
            case when n_words > 1 then '+' || array_to_string(list_slice(string_split(normalized_name, ' '), 1, 2), ' ') end
        ]) as block
    from forms
),

compared as (
    select distinct
        one.organization_key as left_organization_key,
        other.organization_key as right_organization_key,
        one.normalized_name as left_normalized_name,
        other.normalized_name as right_normalized_name
    from blocks as one
    inner join blocks as other
        on
            one.block = other.block
            and one.organization_key < other.organization_key
    where left(one.block, 1) in ('=', '+') or abs(one.n_letters - other.n_letters) <= 2
),

candidates as (
    select
        compared.left_organization_key,
        compared.right_organization_key,
        compared.left_normalized_name,
        compared.right_normalized_name,
        one.letters as left_letters,
        other.letters as right_letters,
        one.sorted_words = other.sorted_words as has_same_words,
        one.digits = other.digits as has_same_digits,
        one.is_trade_name or other.is_trade_name as is_trade_name,
        least(one.n_words, other.n_words) > 1
        and (
            starts_with(one.normalized_name, other.normalized_name || ' ')
            or starts_with(other.normalized_name, one.normalized_name || ' ')
        ) as is_longer_name
    from compared
    inner join forms as one
        on
            compared.left_organization_key = one.organization_key
            and compared.left_normalized_name = one.normalized_name
    inner join forms as other
        on
            compared.right_organization_key = other.organization_key
            and compared.right_normalized_name = other.normalized_name
),

measured as (
    select
        *,
        damerau_levenshtein(left_letters, right_letters) as n_edits,
        greatest(length(left_letters), length(right_letters)) as n_letters
    from candidates
),

-- Locals and districts are told apart by a number, so another number is no typing error.
likely as (
    select
        *,
        case
            when left_letters = right_letters and is_trade_name then 'TRADE_NAME'
            when left_letters = right_letters then 'SAME_NAME'
            when has_same_words then 'SAME_WORDS'
            when
                has_same_digits
                and (n_edits = 1 and n_letters >= {{ letters_for_one }} or n_edits = 2 and n_letters >= {{ letters_for_two }})
                then 'SPELLING'
            when is_longer_name then 'LONGER_NAME'
        end as reason
    from measured
),

-- One EIN under two names that have nothing in common: one of the two may have been typed for another organisation.
shown_names as (
    select
        organization_key,
        normalized_name,
        ein
    from organizations
    where ein is not null
),

odd_names as (
    select
        shown_names.organization_key as left_organization_key,
        shown_names.organization_key as right_organization_key,
        shown_names.normalized_name as left_normalized_name,
        forms.normalized_name as right_normalized_name,
        damerau_levenshtein(replace(shown_names.normalized_name, ' ', ''), forms.letters) as n_edits,
        greatest(length(replace(shown_names.normalized_name, ' ', '')), length(forms.letters)) as n_letters
    from shown_names
    inner join forms on shown_names.organization_key = forms.organization_key
    where
        not forms.is_trade_name
        and not starts_with(forms.normalized_name, shown_names.normalized_name)
        and not starts_with(shown_names.normalized_name, forms.normalized_name)
),

pairs as (
    select
        left_organization_key,
        right_organization_key,
        left_normalized_name,
        right_normalized_name,
        reason,
        n_edits,
        n_letters
    from likely
    where reason is not null
    union all
    select
        left_organization_key,
        right_organization_key,
        left_normalized_name,
        right_normalized_name,
        'SAME_EIN' as reason,
        n_edits,
        n_letters
    from odd_names
    where 2 * n_edits > n_letters
),

-- Where organisations have several names, the pair that says most stands for them; odd names stand each by itself.
chosen as (
    select
        left_organization_key,
        right_organization_key,
        left_normalized_name,
        right_normalized_name,
        reason,
        n_edits,
        n_letters
    from pairs
    qualify
        row_number() over (
            partition by
                left_organization_key,
                right_organization_key,
                case when reason = 'SAME_EIN' then right_normalized_name end
            order by
                case reason when 'SAME_NAME' then 1 when 'TRADE_NAME' then 2 when 'SAME_WORDS' then 3 when 'SPELLING' then 4 else 5 end,
                n_edits,
                left_normalized_name,
                right_normalized_name
        ) = 1
),

settled as (
    select distinct
        one.organization_key as left_organization_key,
        other.organization_key as right_organization_key,
        case when one.organization_key = other.organization_key then other.normalized_name end as odd_name
    from decided_both_ways
    inner join forms as one on decided_both_ways.one_name = one.normalized_name
    inner join forms as other on decided_both_ways.other_name = other.normalized_name
    -- "same" needs no more words where it took effect; where two EINs stand against it, it did not.
    where decided_both_ways.verdict = 'different' or one.organization_key = other.organization_key
),

final as (
    select
        chosen.left_organization_key,
        chosen.right_organization_key,
        left_organizations.organization_name as left_name,
        case
            when chosen.reason = 'SAME_EIN' then chosen.right_normalized_name
            else right_organizations.organization_name
        end as right_name,
        chosen.reason,
        cast(100 * (chosen.n_letters - chosen.n_edits) // chosen.n_letters as bigint) as similarity_pct,
        left_organizations.ein as left_ein,
        right_organizations.ein as right_ein,
        coalesce(left_organizations.ein <> right_organizations.ein, false) as is_blocked,
        left_sources.sources as left_sources,
        right_sources.sources as right_sources,
        left_mentions.n_mentions as left_n_mentions,
        right_mentions.n_mentions as right_n_mentions,
        chosen.left_organization_key <> chosen.right_organization_key
        and left_organizations.is_partner
        and right_organizations.is_partner as is_partner_twice,
        chosen.left_organization_key <> chosen.right_organization_key
        and left_organizations.is_partnership_employer
        and right_organizations.is_partnership_employer as is_employer_twice
    from chosen
    inner join organizations as left_organizations
        on chosen.left_organization_key = left_organizations.organization_key
    inner join organizations as right_organizations
        on chosen.right_organization_key = right_organizations.organization_key
    inner join sources as left_sources on chosen.left_organization_key = left_sources.organization_key
    inner join sources as right_sources on chosen.right_organization_key = right_sources.organization_key
    inner join mentions as left_mentions on chosen.left_organization_key = left_mentions.organization_key
    inner join mentions as right_mentions on chosen.right_organization_key = right_mentions.organization_key
    left join settled
        on
            chosen.left_organization_key = settled.left_organization_key
            and chosen.right_organization_key = settled.right_organization_key
            and coalesce(chosen.right_normalized_name = settled.odd_name, true)
    where settled.left_organization_key is null
)

select * from final
order by is_blocked asc, similarity_pct desc, left_organization_key asc, right_organization_key asc, right_name asc
