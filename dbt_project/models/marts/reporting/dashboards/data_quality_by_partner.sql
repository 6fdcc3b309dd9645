-- How each partner's data stands tonight: state, freshness, rows in, loaded and kept back, and its most frequent rule.
with

freshness as (
    select * from {{ ref("source_freshness") }}
),

sectors as (
    select * from {{ ref("reporting_sectors") }}
),

rules as (
    select
        source,
        rule_id,
        sum(n_rows) as n_rows
    from {{ ref("data_quality_rules") }}
    where is_current
    group by source, rule_id
),

top_rules as (
    select
        source,
        rule_id,
        n_rows
    from rules
    qualify
        row_number() over (
            partition by source
            order by n_rows desc, rule_id asc
        ) = 1
),

current_files as (
    select
        source,
        entity,
        file_sha256
    from {{ ref("load_reconciliation") }}
    where is_current
),

warnings as (
    select
        load_warnings.source,
        sum(load_warnings.n_warnings) as n_warnings
    from {{ ref("load_warnings") }} as load_warnings
    inner join current_files
        on
            load_warnings.source = current_files.source
            and load_warnings.entity = current_files.entity
            and load_warnings.file_sha256 = current_files.file_sha256
    group by load_warnings.source
),

final as (
    select
        freshness.source,
        freshness.source_name as partner,
        coalesce(sectors.sector_name, 'Of no one sector') as sector_name,
        freshness.state,
        freshness.reason,
        freshness.data_through_date,
        freshness.days_behind,
        freshness.late_after_days,
        freshness.rows_in,
        freshness.rows_loaded,
        freshness.rows_quarantined,
        freshness.rows_duplicate,
        freshness.rows_blank,
        cast({{ percentage("freshness.rows_loaded", "freshness.rows_in") }} as decimal(18, 2)) as loaded_pct,
        cast({{ percentage("freshness.rows_quarantined", "freshness.rows_in") }} as decimal(18, 2)) as quarantined_pct,
        cast(coalesce(warnings.n_warnings, 0) as bigint) as n_warnings,
        top_rules.rule_id as top_rule,
        cast(coalesce(top_rules.n_rows, 0) as bigint) as n_rows_of_top_rule,
        strftime(freshness.as_of_date, '%Y-%m-%d') as as_of,
        freshness.as_of_date
    from freshness
    left join sectors on freshness.sector = sectors.sector
    left join warnings on freshness.source = warnings.source
    left join top_rules on freshness.source = top_rules.source
)

select * from final
order by source
