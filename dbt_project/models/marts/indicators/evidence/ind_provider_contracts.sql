-- Charter 13. One row a contract: a provider contract counts from its execution, even once terminated (then flagged).
-- Contracts of other types are listed too, since the hub contract is easily taken for one.
with

contracts as (
    select * from {{ ref("int_contracts") }}
),

judged as (
    select
        sector,
        contract_key,
        status,
        execution_date,
        source,
        file_sha256,
        row_number,
        case
            when contract_type <> 'provider' then 'NOT_PROVIDER'
            when amendment_of is not null then 'AMENDMENT'
            when status not in ('executed', 'terminated') then 'NOT_EXECUTED'
        end as reason
    from contracts
),

final as (
    select
        'provider_contracts' as indicator_key,
        sector,
        contract_key as subject_key,
        execution_date as event_date,
        cast(null as date) as end_date,
        cast(null as varchar) as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        case when reason is null and status = 'terminated' then 'TERMINATED' end as flag,
        source,
        file_sha256,
        row_number,
        contract_key as tie_break
    from judged
)

select * from final
