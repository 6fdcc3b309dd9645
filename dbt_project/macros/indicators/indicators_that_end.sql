{#-
The indicators of which something that counted may cease to: those whose evidence model gives an end date.
A list of keys; hrtp.render asks the same of the files when it writes the metrics.
-#}
{% macro indicators_that_end() -%}
    {%- set keys = [] -%}
    {%- for node in graph.get("nodes", {}).values() | sort(attribute="unique_id") -%}
        {%- if
            node.resource_type == "model"
            and node.name.startswith("ind_")
            and "cast(null as date) as end_date" not in node.raw_code
        -%}
            {%- do keys.append(node.name[4:]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}
