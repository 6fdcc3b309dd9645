-- Where a person lived at enrolment. A view, never stored: it leaves only as the tract criterion and as in or out of the
-- County, which the gate has judged by the ZIP.
{{ config(materialized="view") }}

with

participants as (
    {{ current_rows("participants", ["participant_id"], ["participant_id", "zip", "census_tract", "_warnings"]) }}
),

pirl as (
    {{ current_rows("pirl", ["pirl_100", "pirl_900"], ["pirl_100", "pirl_900", "pirl_103", "_warnings"]) }}
),

record_keys as (
    select
        source,
        record_type,
        record_id,
        person_key
    from {{ source("identity", "record_keys") }}
),

participant_places as (
    select
        record_keys.person_key,
        participants.census_tract,
        participants.zip,
        participants._warnings as row_warnings
    from participants
    inner join record_keys
        on
            participants.source = record_keys.source
            and participants.participant_id = record_keys.record_id
            and record_keys.record_type = 'participant'
),

pirl_places as (
    select
        record_keys.person_key,
        cast(null as varchar) as census_tract,
        pirl.pirl_103 as zip,
        pirl._warnings as row_warnings
    from pirl
    inner join record_keys
        on
            pirl.source = record_keys.source
            and pirl.pirl_100 = record_keys.record_id
            and record_keys.record_type = 'caljobs'
),

places as (
    select
        person_key,
        census_tract,
        zip,
        row_warnings
    from participant_places
    union all
    select
        person_key,
        census_tract,
        zip,
        row_warnings
    from pirl_places
),

final as (
    select
        person_key,
        nullif(trim(census_tract), '') as census_tract,
        nullif(left(trim(zip), 5), '') as zip,
        case
            when nullif(trim(zip), '') is null then null
            when list_contains(string_split(coalesce(row_warnings, ''), '|'), 'ZIP_OUT_OF_COUNTY') then 'Y'
            else 'N'
        end as out_of_county_flag
    from places
)

select * from final
