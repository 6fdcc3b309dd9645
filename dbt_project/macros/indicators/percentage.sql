{#-
A percentage to two decimals; null where the denominator is 0 or smaller than the configured `min_denominator`.

  numerator, denominator   SQL expressions, whole numbers
-#}
{% macro percentage(numerator, denominator) -%}
    case
        when {{ denominator }} >= {{ var("min_denominator") }} then {{ exact_divide("100 * " ~ numerator, denominator, 2) }}
    end
{%- endmacro %}
