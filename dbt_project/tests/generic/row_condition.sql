{#- Fails with each row for which `condition` is not true; a null counts as a failure. -#}
{% test row_condition(model, condition) %}

select *
from {{ model }}
where not coalesce({{ condition }}, false)

{% endtest %}
