{#-
Evidence of deliverables that stand by their latest version: one row a version of every deliverable of a type.

  indicator_key      key in the catalogue
  deliverable_type   which deliverables
  standing           statuses in which the latest version counts

Drafts neither count nor replace a version; any other higher version ends the lower one from its own day on.
-#}
{% macro latest_version_evidence(indicator_key, deliverable_type, standing) -%}
with

deliverables as (
    select * from {{ ref("int_deliverables") }}
    where deliverable_type = '{{ deliverable_type }}'
),

issued as (
    select
        source,
        deliverable_id,
        version,
        status_date
    from deliverables
    where status <> 'draft'
),

-- A version stands until a higher one is dated. Where that day is not after its own, it never stood.
superseded as (
    select
        earlier.source,
        earlier.deliverable_id,
        earlier.version,
        min(later.status_date) as end_date
    from issued as earlier
    inner join issued as later
        on
            earlier.source = later.source
            and earlier.deliverable_id = later.deliverable_id
            and earlier.version < later.version
    group by earlier.source, earlier.deliverable_id, earlier.version
),

judged as (
    select
        deliverables.sector,
        deliverables.source,
        deliverables.deliverable_id,
        deliverables.version,
        deliverables.status,
        deliverables.status_date,
        deliverables.file_sha256,
        deliverables.row_number,
        superseded.end_date,
        case
            when deliverables.status = 'draft' then 'DRAFT'
            when deliverables.status not in ({% for status in standing %}'{{ status }}'{% if not loop.last %}, {% endif %}{% endfor %}) then 'NOT_FINAL'
        end as reason
    from deliverables
    left join superseded
        on
            deliverables.source = superseded.source
            and deliverables.deliverable_id = superseded.deliverable_id
            and deliverables.version = superseded.version
            and deliverables.status <> 'draft'
),

final as (
    select
        '{{ indicator_key }}' as indicator_key,
        sector,
        source || ':' || deliverable_id as subject_key,
        status_date as event_date,
        end_date,
        'SUPERSEDED' as end_reason,
        cast(null as decimal(18, 6)) as amount,
        reason is null as is_qualifying,
        false as is_unknown,
        cast(null as boolean) as is_first_for_person,
        reason,
        upper(status) as flag,
        source,
        file_sha256,
        row_number,
        cast(version as varchar) as tie_break
    from judged
)

select * from final
{%- endmacro %}
