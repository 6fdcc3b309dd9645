-- Where a person lived, by every accepted writing of a record that is still current. A view, never stored: it leaves only
-- as the tract criterion and as in or out of the County, which the gate has judged by the ZIP.
{{ config(materialized="view") }}

with

loaded as (
    select
        source,
        entity,
        file_sha256,
        first_through_date,
        data_through_date,
        source_sequence,
        data_through_date <= {{ as_of_date() }} as is_in_time
    from {{ ref("stg_load_manifest") }}
    where state = 'loaded'
),

-- As in stg_current_files: of a source of which nothing runs through the day yet, the earliest export.
known_files as (
    select *
    from loaded
    qualify
        is_in_time
        or (
            not bool_or(is_in_time) over (partition by source, entity)
            and data_through_date = min(data_through_date) over (partition by source, entity)
        )
),

-- Bytes that came again under a later day were in force twice.
sightings as (
    select
        source,
        entity,
        file_sha256,
        source_sequence,
        first_through_date as written_date
    from known_files
    union distinct
    select
        source,
        entity,
        file_sha256,
        source_sequence,
        data_through_date as written_date
    from known_files
),

current_participants as (
    {{ current_rows("participants", ["participant_id"], ["participant_id"]) }}
),

current_pirl as (
    {{ current_rows("pirl", ["pirl_100", "pirl_900"], ["pirl_100", "pirl_900"]) }}
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
        rows_of.participant_id,
        cast(null as bigint) as state_number,
        rows_of._source as source,
        cast(null as date) as entry_date,
        sightings.written_date,
        sightings.source_sequence,
        rows_of._row_number as row_number,
        current_participants.file_sha256 = rows_of._file_sha256
        and current_participants.row_number = rows_of._row_number as is_current,
        rows_of.census_tract,
        rows_of.zip,
        rows_of._warnings as row_warnings
    from {{ source("raw", "participants") }} as rows_of
    inner join sightings
        on
            rows_of._source = sightings.source
            and rows_of._file_sha256 = sightings.file_sha256
            and sightings.entity = 'participants'
    inner join current_participants
        on
            rows_of._source = current_participants.source
            and rows_of.participant_id = current_participants.participant_id
    inner join record_keys
        on
            rows_of._source = record_keys.source
            and rows_of.participant_id = record_keys.record_id
            and record_keys.record_type = 'participant'
),

-- The state id stays behind: where a job center knows a person by two, they are the first and the second.
pirl_places as (
    select
        record_keys.person_key,
        cast(null as varchar) as participant_id,
        dense_rank() over (
            partition by rows_of._source, record_keys.person_key
            order by rows_of.pirl_100
        ) as state_number,
        rows_of._source as source,
        cast(rows_of.pirl_900 as date) as entry_date,
        sightings.written_date,
        sightings.source_sequence,
        rows_of._row_number as row_number,
        current_pirl.file_sha256 = rows_of._file_sha256
        and current_pirl.row_number = rows_of._row_number as is_current,
        cast(null as varchar) as census_tract,
        rows_of.pirl_103 as zip,
        rows_of._warnings as row_warnings
    from {{ source("raw", "pirl") }} as rows_of
    inner join sightings
        on
            rows_of._source = sightings.source
            and rows_of._file_sha256 = sightings.file_sha256
            and sightings.entity = 'pirl'
    inner join current_pirl
        on
            rows_of._source = current_pirl.source
            and rows_of.pirl_100 = current_pirl.pirl_100
            and rows_of.pirl_900 = current_pirl.pirl_900
    inner join record_keys
        on
            rows_of._source = record_keys.source
            and rows_of.pirl_100 = record_keys.record_id
            and record_keys.record_type = 'caljobs'
),

places as (
    select * from participant_places
    union all
    select * from pirl_places
),

final as (
    select
        person_key,
        source,
        participant_id,
        state_number,
        entry_date,
        written_date,
        source_sequence,
        row_number,
        is_current,
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
