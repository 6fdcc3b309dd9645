-- Which indicators measure which node. One value an indicator, however many branches it hangs on: join to it, and never
-- add up over branches.
with

links as (
    select * from {{ ref("goal_tree_indicators") }}
),

final as (
    select
        node_key,
        indicator_key
    from links
)

select * from final
order by node_key, indicator_key
