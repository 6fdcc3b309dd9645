{#-
Stops the build where the models `ind_*` of the project are not exactly those in the list that is passed.
Without it, a new indicator's model would be built and never read.
-#}
{% macro check_every_indicator_model_is_listed(indicator_keys) -%}
    {%- if execute -%}
        {%- set built = [] -%}
        {%- for node in graph.get("nodes", {}).values() -%}
            {%- if node.resource_type == "model" and node.name.startswith("ind_") -%}
                {%- do built.append(node.name[4:]) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for key in built if key not in indicator_keys -%}
            {{ exceptions.raise_compiler_error("ind_" ~ key ~ ".sql is not in the list at the top of indicator_evidence.sql") }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
