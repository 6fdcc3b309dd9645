{#-
A surrogate key: md5 over the parts, in order. A part that is null differs from an empty one.
Never pass a name, birth date, state id or other value of the restricted zone.
-#}
{% macro surrogate_key(parts) -%}
    md5(concat_ws('|', {% for part in parts -%}
        coalesce(replace(cast({{ part }} as varchar), '|', '||'), '<null>'){% if not loop.last %}, {% endif %}
    {%- endfor %}))
{%- endmacro %}
