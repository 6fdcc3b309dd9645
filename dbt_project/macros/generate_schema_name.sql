{#- Schemas are named as written (`marts`, never `main_marts`): others script against them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
