with

records as (
    select
        source,
        person_key,
        entry_date,
        file_sha256,
        row_number,
        record_key
    from {{ ref("int_participant_records") }}
    where record_type = 'pirl'
),

pirl as (
    select * from {{ ref("stg_pirl") }}
),

sectors as (
    select
        sector_key,
        'HRTP-' || upper(sector_key) as tag
    from {{ ref("sectors") }}
),

-- The first of the three special project ids that is an HRTP tag gives the sector.
tagged as (
    select
        pirl.*,
        coalesce(tag_1.sector_key, tag_2.sector_key, tag_3.sector_key) as sector
    from pirl
    left join sectors as tag_1 on upper(trim(pirl.special_project_id_1)) = tag_1.tag
    left join sectors as tag_2 on upper(trim(pirl.special_project_id_2)) = tag_2.tag
    left join sectors as tag_3 on upper(trim(pirl.special_project_id_3)) = tag_3.tag
),

trainings as (
    {%- for n in [1, 2, 3] %}
    select
        source,
        file_sha256,
        row_number,
        person_key,
        sector,
        {{ n }} as training_number,
        training_{{ n }}_type as training_type,
        training_{{ n }}_start_date as training_start_date,
        training_{{ n }}_completed_flag as completed_flag,
        training_{{ n }}_end_date as end_date
    from tagged
    where training_{{ n }}_start_date is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        {{ surrogate_key(["records.record_key", "trainings.training_number"]) }} as training_key,
        trainings.source,
        trainings.person_key,
        records.entry_date,
        trainings.training_number,
        trainings.sector,
        trainings.training_type,
        trainings.training_start_date,
        -- The end date alone may be a withdrawal: only the flag makes it a completion.
        case
            when trainings.completed_flag = 'Y' then 'completed'
            when trainings.completed_flag = 'N' and trainings.end_date is not null then 'withdrawn'
            else 'active'
        end as status,
        case when trainings.completed_flag = 'Y' then trainings.end_date end as completion_date,
        case when trainings.completed_flag = 'N' then trainings.end_date end as withdrawal_date,
        trainings.file_sha256,
        trainings.row_number
    from trainings
    inner join records
        on
            trainings.source = records.source
            and trainings.file_sha256 = records.file_sha256
            and trainings.row_number = records.row_number
)

select * from final
