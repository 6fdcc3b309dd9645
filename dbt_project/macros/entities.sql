{#- Every entity that partners deliver, and the mart whose rows its current rows become. -#}
{% macro entity_marts() -%}
    {{ return({
        "participants": "participant_records",
        "enrollments": "fct_enrollments",
        "services": "fct_services",
        "placements": "fct_placements",
        "programs": "dim_program",
        "partners": "fct_commitments",
        "employer_partnerships": "fct_commitments",
        "contracts": "fct_contracts",
        "deliverables": "fct_deliverables",
        "milestones": "fct_milestones",
        "pirl": "participant_records",
        "caljobs_activities": "fct_caljobs_activities",
    }) }}
{%- endmacro %}

{#- `case` expression: the mart that an entity's current rows reach. -#}
{% macro mart_of_entity(entity) -%}
    case {{ entity }}
        {%- for name, mart in entity_marts().items() %}
        when '{{ name }}' then '{{ mart }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- How a row of an entity names its person in `identity.record_keys`: (record type, column); `none` where it names nobody. -#}
{% macro entity_person_id(entity) -%}
    {{ return({
        "participants": ["participant", "participant_id"],
        "enrollments": ["participant", "participant_id"],
        "services": ["participant", "participant_id"],
        "placements": ["participant", "participant_id"],
        "pirl": ["caljobs", "pirl_100"],
        "caljobs_activities": ["caljobs", "caljobs_id"],
    }.get(entity, ["none", "null"])) }}
{%- endmacro %}
