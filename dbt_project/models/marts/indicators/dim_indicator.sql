-- The catalogue as it stands on the day: of each indicator, the newest row already valid.
with

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
    where valid_from <= {{ as_of_date() }}
    qualify row_number() over (partition by indicator_key order by valid_from desc) = 1
),

branches as (
    select
        indicator_key,
        count(*) as n_goal_tree_branches
    from {{ ref("goal_tree_indicators") }}
    group by indicator_key
),

final as (
    select
        catalogue.indicator_key,
        catalogue.charter_number,
        catalogue.name,
        catalogue.charter_wording,
        catalogue.indicator_type,
        catalogue.unit,
        catalogue.grain,
        catalogue.grain = 'all,sector' as has_sector_grain,
        catalogue.aggregation,
        catalogue.baseline,
        catalogue.target,
        catalogue.target_scope,
        catalogue.is_applicable,
        catalogue.definition,
        catalogue.unknown_definition,
        catalogue.owner,
        catalogue.valid_from,
        catalogue.display_order,
        coalesce(branches.n_goal_tree_branches, 0) as n_goal_tree_branches
    from catalogue
    left join branches on catalogue.indicator_key = branches.indicator_key
)

select * from final
order by display_order
