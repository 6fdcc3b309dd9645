-- Which rules kept rows back, by partner, kind of file and the month through which the file was delivered.
with

quarantined as (
    select * from {{ ref("quarantined_rows") }}
    where severity = 'error'
),

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
        quarantined.source,
        quarantined.entity,
        quarantined.rule_id,
        files.is_current,
        strftime(files.data_through_date, '%Y-%m') as delivered_through,
        count(distinct quarantined.file_sha256 || ':' || quarantined.row_number) as n_rows
    from quarantined
    inner join files
        on
            quarantined.source = files.source
            and quarantined.entity = files.entity
            and quarantined.file_sha256 = files.file_sha256
    group by all
),

final as (
    select
        counted.source,
        freshness.source_name as partner,
        counted.entity,
        counted.delivered_through,
        counted.rule_id,
        counted.is_current,
        cast(counted.n_rows as bigint) as n_rows,
        strftime({{ as_of_date() }}, '%Y-%m-%d') as as_of,
        {{ as_of_date() }} as as_of_date
    from counted
    inner join freshness on counted.source = freshness.source
)

select * from final
order by source, entity, delivered_through, rule_id, is_current
