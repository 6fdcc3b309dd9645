with

partners as (
    select
        partner_key as commitment_key,
        'partner' as commitment_type,
        organization_key,
        sector,
        source,
        partner_id as commitment_id,
        organization_type,
        commitment_status as status,
        commitment_date as start_date,
        withdrawn_date as end_date,
        file_sha256,
        row_number
    from {{ ref("int_partners") }}
),

employer_partnerships as (
    select
        partnership_key as commitment_key,
        'employer_partnership' as commitment_type,
        organization_key,
        sector,
        source,
        partnership_id as commitment_id,
        'employer' as organization_type,
        status,
        established_date as start_date,
        ended_date as end_date,
        file_sha256,
        row_number
    from {{ ref("int_employer_partnerships") }}
),

final as (
    select
        commitment_key,
        commitment_type,
        organization_key,
        sector,
        source,
        commitment_id,
        organization_type,
        status,
        start_date,
        end_date,
        file_sha256,
        row_number
    from partners
    union all
    select
        commitment_key,
        commitment_type,
        organization_key,
        sector,
        source,
        commitment_id,
        organization_type,
        status,
        start_date,
        end_date,
        file_sha256,
        row_number
    from employer_partnerships
)

select * from final
order by source, commitment_type, file_sha256, row_number
