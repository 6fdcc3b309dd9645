with

current_rows as (
    {{ current_rows("programs", ["program_id"], [
        "program_id",
        "program_name",
        "sector",
        "program_type",
        "development_status",
        "status_date",
        "high_road",
        "provider_name",
        "cip_code",
        "credential_name",
    ]) }}
),

final as (
    select
        source,
        program_id,
        program_name,
        sector,
        program_type,
        development_status,
        cast(status_date as date) as status_date,
        high_road as high_road_flag,
        provider_name,
        cip_code,
        credential_name,
        file_sha256,
        row_number
    from current_rows
)

select * from final
