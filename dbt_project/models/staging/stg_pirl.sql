with

current_rows as (
    {{ current_rows("pirl", ["pirl_100", "pirl_900"], [
        "pirl_100",
        "pirl_105",
        "pirl_106",
        "pirl_107",
        "pirl_201",
        "pirl_210",
        "pirl_211",
        "pirl_212",
        "pirl_213",
        "pirl_214",
        "pirl_215",
        "pirl_400",
        "pirl_704",
        "pirl_800",
        "pirl_801",
        "pirl_802",
        "pirl_900",
        "pirl_901",
        "pirl_1300",
        "pirl_1302",
        "pirl_1303",
        "pirl_1307",
        "pirl_1308",
        "pirl_1309",
        "pirl_1310",
        "pirl_1312",
        "pirl_1313",
        "pirl_1314",
        "pirl_1315",
        "pirl_1317",
        "pirl_1318",
        "pirl_1409",
        "pirl_1500",
    ]) }}
),

record_keys as (
    select
        source,
        record_id as pirl_100,
        person_key
    from {{ source("identity", "record_keys") }}
    where record_type = 'caljobs'
),

-- Element 100 (the state id) stays behind: only the pseudonymous key goes on.
final as (
    select
        current_rows.source,
        record_keys.person_key,
        cast(current_rows.pirl_900 as date) as entry_date,
        cast(current_rows.pirl_901 as date) as exit_date,
        current_rows.pirl_105 as special_project_id_1,
        current_rows.pirl_106 as special_project_id_2,
        current_rows.pirl_107 as special_project_id_3,
        case current_rows.pirl_201 when '1' then 'male' when '2' then 'female' end as gender,
        {{ pirl_flag("current_rows.pirl_210") }} as hispanic_flag,
        nullif(concat_ws(
            '|',
            case when current_rows.pirl_211 = '1' then 'american_indian' end,
            case when current_rows.pirl_212 = '1' then 'asian' end,
            case when current_rows.pirl_213 = '1' then 'black' end,
            case when current_rows.pirl_214 = '1' then 'pacific_islander' end,
            case when current_rows.pirl_215 = '1' then 'white' end
        ), '') as race_codes,
        case current_rows.pirl_400
            when '0' then 'unemployed'
            when '1' then 'employed'
            when '2' then 'employed'
            when '3' then 'not_in_labor_force'
        end as employment_status_at_entry,
        {{ pirl_flag("current_rows.pirl_704") }} as foster_youth_flag,
        {{ pirl_flag("current_rows.pirl_800") }} as homeless_flag,
        {{ pirl_flag("current_rows.pirl_801") }} as ex_offender_flag,
        {{ pirl_flag("current_rows.pirl_802") }} as low_income_flag,
        current_rows.pirl_1300 = '1' as has_received_training,
        cast(current_rows.pirl_1302 as date) as training_1_start_date,
        current_rows.pirl_1303 as training_1_type,
        {{ pirl_flag("current_rows.pirl_1307") }} as training_1_completed_flag,
        cast(current_rows.pirl_1308 as date) as training_1_end_date,
        cast(current_rows.pirl_1309 as date) as training_2_start_date,
        current_rows.pirl_1310 as training_2_type,
        {{ pirl_flag("current_rows.pirl_1312") }} as training_2_completed_flag,
        cast(current_rows.pirl_1313 as date) as training_2_end_date,
        cast(current_rows.pirl_1314 as date) as training_3_start_date,
        current_rows.pirl_1315 as training_3_type,
        {{ pirl_flag("current_rows.pirl_1317") }} as training_3_completed_flag,
        cast(current_rows.pirl_1318 as date) as training_3_end_date,
        cast(current_rows.pirl_1409 as date) as supportive_service_date,
        {{ pirl_flag("current_rows.pirl_1500") }} as needs_related_payments_flag,
        current_rows.file_sha256,
        current_rows.row_number
    from current_rows
    left join record_keys
        on
            current_rows.source = record_keys.source
            and current_rows.pirl_100 = record_keys.pirl_100
)

select * from final
