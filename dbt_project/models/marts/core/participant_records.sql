with

records as (
    select * from {{ ref("int_participant_records") }}
),

final as (
    select
        record_key,
        person_key,
        source,
        record_type,
        entry_date,
        exit_date,
        file_sha256,
        row_number
    from records
)

select * from final
order by source, record_type, file_sha256, row_number
