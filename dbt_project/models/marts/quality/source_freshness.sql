with

source_state as (
    select * from {{ ref("int_source_state") }}
),

final as (
    select
        source,
        source_name,
        kind,
        sector,
        state,
        reason,
        data_through_date,
        {{ as_of_date() }} as as_of_date,
        days_behind,
        late_after_days,
        last_file_name,
        rows_in,
        rows_loaded,
        rows_quarantined,
        rows_duplicate,
        rows_blank,
        owner_name,
        owner_email
    from source_state
)

select * from final
order by source
