with

current_rows as (
    {{ current_rows("caljobs_activities", ["activity_id"], [
        "activity_id",
        "caljobs_id",
        "activity_code",
        "begin_date",
        "end_date",
        "completion",
    ]) }}
),

record_keys as (
    select
        source,
        record_id as caljobs_id,
        person_key
    from {{ source("identity", "record_keys") }}
    where record_type = 'caljobs'
),

-- The state id stays behind: only the pseudonymous key goes on.
final as (
    select
        current_rows.source,
        current_rows.activity_id,
        record_keys.person_key,
        current_rows.activity_code,
        cast(current_rows.begin_date as date) as begin_date,
        cast(current_rows.end_date as date) as end_date,
        current_rows.completion,
        current_rows.file_sha256,
        current_rows.row_number
    from current_rows
    left join record_keys
        on
            current_rows.source = record_keys.source
            and current_rows.caljobs_id = record_keys.caljobs_id
)

select * from final
