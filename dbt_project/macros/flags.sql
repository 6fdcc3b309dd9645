{#-
A flag over several records: Y where any record says Y, else N where any says N, else null (unknown, never No).
An aggregate; `flag` is a column holding 'Y', 'N' or null.
-#}
{% macro flag_of_any(flag) -%}
    case when bool_or({{ flag }} = 'Y') then 'Y' when bool_or({{ flag }} = 'N') then 'N' end
{%- endmacro %}

{#-
Whether any of several criteria holds: Y where one is Y, N only where every one is known and N, else null.
`flags` is a list of columns or expressions holding 'Y', 'N' or null.
-#}
{% macro any_criterion(flags) -%}
    case
        when {% for flag in flags %}{{ flag }} = 'Y'{% if not loop.last %} or {% endif %}{% endfor %} then 'Y'
        when {% for flag in flags %}{{ flag }} = 'N'{% if not loop.last %} and {% endif %}{% endfor %} then 'N'
    end
{%- endmacro %}

{#- A PIRL yes/no element (1, 0, 9 = not disclosed, blank) as 'Y', 'N' or null. -#}
{% macro pirl_flag(element) -%}
    case {{ element }} when '1' then 'Y' when '0' then 'N' end
{%- endmacro %}
