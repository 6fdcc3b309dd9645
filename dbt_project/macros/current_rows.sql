{#-
The rows of one raw entity that are current as of the day being built.

  entity    the entity's name, as in `raw.<entity>`
  key       list of the columns that identify a row within a source
  columns   list of the raw columns to keep, all text (the key's columns among them)

Which files take part is decided once, in `stg_current_files`: the newest full export, and the deltas after it.
Where several files take part, the newest row of a key wins. Gives `source`, `file_sha256`, `row_number` and the columns.
-#}
{% macro current_rows(entity, key, columns) -%}
    select
        raw_rows._source as source,
        raw_rows._file_sha256 as file_sha256,
        cast(raw_rows._row_number as bigint) as row_number,
        {%- for column in columns %}
        raw_rows.{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ source("raw", entity) }} as raw_rows
    inner join {{ ref("stg_current_files") }} as files
        on
            raw_rows._source = files.source
            and raw_rows._file_sha256 = files.file_sha256
            and files.entity = '{{ entity }}'
    where files.n_files = 1
    union all
    select
        raw_rows._source as source,
        raw_rows._file_sha256 as file_sha256,
        cast(raw_rows._row_number as bigint) as row_number,
        {%- for column in columns %}
        raw_rows.{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ source("raw", entity) }} as raw_rows
    inner join {{ ref("stg_current_files") }} as files
        on
            raw_rows._source = files.source
            and raw_rows._file_sha256 = files.file_sha256
            and files.entity = '{{ entity }}'
    where files.n_files > 1
    qualify
        row_number() over (
            partition by raw_rows._source, {% for column in key %}raw_rows.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
            order by files.data_through_date desc, files.source_sequence desc, raw_rows._row_number desc
        ) = 1
{%- endmacro %}
