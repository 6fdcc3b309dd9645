-- Charter 9. One row a program; developed and later expanded is one program.
with

programs as (
    select * from {{ ref("int_programs") }}
),

judged as (
    select
        sector,
        program_key,
        program_id,
        development_status,
        status_date,
        source,
        file_sha256,
        row_number,
        case when development_status not in ('developed', 'expanded') then 'NOT_DEVELOPED' end as reason
    from programs
),

final as (
    select
        'programs_developed' as indicator_key,
        sector,
        program_key as subject_key,
        status_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        upper(development_status) as flag,
        source,
        file_sha256,
        row_number,
        program_id as tie_break
    from judged
)

select * from final
