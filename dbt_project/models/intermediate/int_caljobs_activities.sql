with

activities as (
    select * from {{ ref("stg_caljobs_activities") }}
),

persons as (
    select person_key from {{ ref("int_persons") }}
),

codes as (
    select
        activity_code,
        category,
        service_type,
        is_supportive,
        is_summer_youth
    from {{ ref("caljobs_activity_codes") }}
),

final as (
    select
        {{ surrogate_key(["activities.source", "'caljobs_activity'", "activities.activity_id"]) }} as activity_key,
        activities.source,
        activities.activity_id,
        persons.person_key,
        activities.activity_code,
        coalesce(codes.category, 'not_counted') as category,
        codes.service_type,
        coalesce(codes.is_supportive, false) as is_supportive,
        coalesce(codes.is_summer_youth, false) as is_summer_youth,
        activities.begin_date,
        activities.end_date,
        activities.completion,
        case when persons.person_key is null then 'ORPHAN' end as orphan_reason,
        activities.file_sha256,
        activities.row_number
    from activities
    left join persons on activities.person_key = persons.person_key
    left join codes on activities.activity_code = codes.activity_code
)

select * from final
