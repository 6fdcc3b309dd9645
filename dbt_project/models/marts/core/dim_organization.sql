with

organizations as (
    select * from {{ ref("int_organizations") }}
),

partners as (
    select distinct organization_key from {{ ref("int_partners") }}
),

partnership_employers as (
    select distinct organization_key from {{ ref("int_employer_partnerships") }}
),

hiring_employers as (
    select distinct organization_key from {{ ref("int_placements") }}
),

contractors as (
    select distinct organization_key from {{ ref("int_contracts") }}
),

final as (
    select
        organizations.organization_key,
        organizations.organization_name,
        organizations.normalized_name,
        organizations.ein,
        organizations.n_spellings,
        organizations.spellings,
        partners.organization_key is not null as is_partner,
        partnership_employers.organization_key is not null as is_partnership_employer,
        hiring_employers.organization_key is not null as is_hiring_employer,
        contractors.organization_key is not null as is_contractor
    from organizations
    left join partners on organizations.organization_key = partners.organization_key
    left join partnership_employers on organizations.organization_key = partnership_employers.organization_key
    left join hiring_employers on organizations.organization_key = hiring_employers.organization_key
    left join contractors on organizations.organization_key = contractors.organization_key
)

select * from final
order by organization_key
