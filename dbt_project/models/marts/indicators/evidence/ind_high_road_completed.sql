-- Charter 24. As workers completed, without programs marked as low road. Not known to be high road counts, and is listed.
with

enrollments as (
    select * from {{ ref("int_enrollments") }}
),

judged as (
    select
        sector,
        person_key,
        completion_date,
        enrollment_key,
        source,
        file_sha256,
        row_number,
        case
            when person_key is null then 'ORPHAN'
            when not has_started then 'NOT_STARTED'
            when not is_completed then 'NOT_COMPLETED'
            when high_road_flag = 'N' then 'LOW_ROAD'
        end as reason,
        high_road_flag is null as is_high_road_unknown
    from enrollments
),

final as (
    select
        'high_road_completed' as indicator_key,
        sector,
        person_key as subject_key,
        completion_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        reason is null and is_high_road_unknown as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        case when reason is null and is_high_road_unknown then 'HIGH_ROAD_UNKNOWN' end as flag,
        source,
        file_sha256,
        row_number,
        enrollment_key as tie_break
    from judged
)

select * from final
