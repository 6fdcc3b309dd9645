-- The charter's goals, their objectives, and the activities and outcomes under those, in reading order.
with recursive

nodes as (
    select * from {{ ref("goal_tree") }}
),

tree as (
    select
        node_key,
        parent_key,
        node_type,
        title,
        1 as depth,
        node_key as goal_key,
        title as title_path,
        lpad(cast(position as varchar), 3, '0') as sort_path
    from nodes
    where parent_key is null
    union all
    select
        nodes.node_key,
        nodes.parent_key,
        nodes.node_type,
        nodes.title,
        tree.depth + 1 as depth,
        tree.goal_key,
        tree.title_path || ' > ' || nodes.title as title_path,
        tree.sort_path || '.' || lpad(cast(nodes.position as varchar), 3, '0') as sort_path
    from nodes
    inner join tree on nodes.parent_key = tree.node_key
),

final as (
    select
        node_key,
        parent_key,
        node_type,
        title,
        depth,
        goal_key,
        title_path,
        sort_path
    from tree
)

select * from final
order by sort_path
