{#-
Fails with each current row of `loaded_rows` that a mart should hold and does not, matched by source, file and row number.
Goes on a mart; `entities` are those whose rows become its rows.
-#}
{% test reaches_mart(model, loaded_rows, entities) %}

select
    loaded.source,
    loaded.entity,
    loaded.file_sha256,
    loaded.row_number
from {{ loaded_rows }} as loaded
left join {{ model }} as mart
    on
        loaded.source = mart.source
        and loaded.file_sha256 = mart.file_sha256
        and loaded.row_number = mart.row_number
where
    loaded.is_current
    and loaded.entity in ('{{ entities | join("', '") }}')
    and mart.source is null

{% endtest %}
