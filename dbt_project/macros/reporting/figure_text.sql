{#-
A figure as people read it in its unit: 1,234, $20.15, 61.03 %, yes or no; n/a where there is none.

  figure   SQL expression, a decimal
  unit     SQL expression, the indicator's unit
The command line's scorecard writes the same texts.
-#}
{% macro figure_text(figure, unit) -%}
    case
        when {{ figure }} is null then 'n/a'
        when {{ unit }} = 'USD per hour' then '$' || format('{:,.2f}', {{ figure }})
        when {{ unit }} = 'yes/no' then case when {{ figure }} > 0 then 'yes' else 'no' end
        when {{ unit }} = 'percent' then rtrim(rtrim(format('{:,.2f}', {{ figure }}), '0'), '.') || ' %'
        else rtrim(rtrim(format('{:,.2f}', {{ figure }}), '0'), '.')
    end
{%- endmacro %}
