{#-
Whether an evidence row counts on a day: it qualifies, its event is on or before the day, and it has not ended by then.
Ended on the day itself no longer counts.

  row   alias of the relation with its dot ("evidence."), or "" where there is only one
  day   SQL expression of a date
Never null.
-#}
{% macro counts_on(row, day) -%}
    coalesce(
        {{ row }}is_qualifying
        and {{ row }}event_date <= {{ day }}
        and ({{ row }}end_date is null or {{ row }}end_date > {{ day }}),
        false
    )
{%- endmacro %}
