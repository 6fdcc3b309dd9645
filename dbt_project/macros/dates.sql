{#- The day whose figures are built, as a date literal. Nothing in this project reads the clock. -#}
{% macro as_of_date() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}

{#- The configured first day of the program, as a date literal. -#}
{% macro program_start_date() -%}
    cast('{{ var("program_start_date") }}' as date)
{%- endmacro %}

{#- Whole days from a date to the day being built, 0 for a later one, null where there is none. -#}
{% macro days_behind(day) -%}
    case when {{ day }} is not null then greatest(date_diff('day', {{ day }}, {{ as_of_date() }}), 0) end
{%- endmacro %}
