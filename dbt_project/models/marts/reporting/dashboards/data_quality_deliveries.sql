-- What each partner delivered, by month: files, and rows in, loaded, kept back, repeated and blank.
with

files as (
    select * from {{ ref("load_reconciliation") }}
),

freshness as (
    select
        source,
        source_name
    from {{ ref("source_freshness") }}
),

counted as (
    select
        source,
        entity,
        strftime(data_through_date, '%Y-%m') as delivered_through,
        state,
        count(*) as n_files,
        sum(rows_in) as rows_in,
        sum(rows_loaded) as rows_loaded,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_duplicate) as rows_duplicate,
        sum(rows_blank) as rows_blank
    from files
    group by all
),

final as (
    select
        counted.source,
        freshness.source_name as partner,
        counted.entity,
        counted.delivered_through,
        counted.state,
        cast(counted.n_files as bigint) as n_files,
        cast(counted.rows_in as bigint) as rows_in,
        cast(counted.rows_loaded as bigint) as rows_loaded,
        cast(counted.rows_quarantined as bigint) as rows_quarantined,
        cast(counted.rows_duplicate as bigint) as rows_duplicate,
        cast(counted.rows_blank as bigint) as rows_blank,
        cast(dense_rank() over (
            order by counted.delivered_through desc, freshness.source_name asc, counted.state asc
        ) as integer) as display_order,
        strftime({{ as_of_date() }}, '%Y-%m-%d') as as_of,
        {{ as_of_date() }} as as_of_date
    from counted
    inner join freshness on counted.source = freshness.source
)

select * from final
order by source, entity, delivered_through, state
