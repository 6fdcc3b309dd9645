with

current_rows as (
    {{ current_rows("employer_partnerships", ["partnership_id"], [
        "partnership_id",
        "employer_name",
        "employer_ein",
        "sector",
        "status",
        "established_date",
        "ended_date",
    ]) }}
),

final as (
    select
        source,
        partnership_id,
        employer_name,
        employer_ein,
        sector,
        status,
        cast(established_date as date) as established_date,
        cast(ended_date as date) as ended_date,
        file_sha256,
        row_number
    from current_rows
)

select * from final
