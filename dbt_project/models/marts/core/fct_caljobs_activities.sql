with

activities as (
    select * from {{ ref("int_caljobs_activities") }}
),

final as (
    select
        activity_key,
        person_key,
        source,
        activity_id,
        activity_code,
        category,
        service_type,
        begin_date,
        end_date,
        completion,
        orphan_reason,
        file_sha256,
        row_number
    from activities
)

select * from final
order by source, file_sha256, row_number
