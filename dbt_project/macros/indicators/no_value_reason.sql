{#-
Why a figure is null: nobody in a percentage's denominator, fewer than the configured least, or no wage in a median.
Null where there is a value.

  aggregation   the catalogue's `aggregation`
  n_subjects    how many subjects the figure is made of
-#}
{% macro no_value_reason(aggregation, n_subjects) -%}
    case
        when {{ aggregation }} = 'percent_of_subjects' and {{ n_subjects }} = 0 then 'ZERO_DENOMINATOR'
        when {{ aggregation }} = 'percent_of_subjects' and {{ n_subjects }} < {{ var("min_denominator") }} then 'TOO_FEW'
        when {{ n_subjects }} > 0 then null
        when {{ aggregation }} = 'median_of_first' then 'NO_WAGES'
    end
{%- endmacro %}
