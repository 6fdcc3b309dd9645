with

employer_partnerships as (
    select * from {{ ref("stg_employer_partnerships") }}
),

organization_names as (
    select
        mention_name,
        mention_ein,
        organization_key
    from {{ ref("int_organization_names") }}
),

final as (
    select
        {{ surrogate_key(["employer_partnerships.source", "'employer_partnership'", "employer_partnerships.partnership_id"]) }}
            as partnership_key,
        employer_partnerships.source,
        employer_partnerships.partnership_id,
        organization_names.organization_key,
        employer_partnerships.employer_name,
        employer_partnerships.sector,
        employer_partnerships.status,
        employer_partnerships.established_date,
        employer_partnerships.ended_date,
        employer_partnerships.file_sha256,
        employer_partnerships.row_number
    from employer_partnerships
    left join organization_names
        on
            employer_partnerships.employer_name = organization_names.mention_name
            and coalesce(employer_partnerships.employer_ein, '') = organization_names.mention_ein
)

select * from final
