{#-
What was counted by day, added up for every sector and every span of days; 0 where nothing happened. A whole query.

It reads CTEs of the model that calls it: `sectors`, `days`, `by_day` (sector, event_date and the figures) and, where
things are counted apart from each other, the CTE that lists them.

  figures   columns of by_day that are added up
  each      name of the CTE with a row a thing, or none
  columns   its columns that are passed on; the first one is also how by_day names the thing
-#}
{% macro counted_by_span(figures, each=none, columns=[]) -%}
    select
        sectors.sector,
        sectors.sector_name,
        sectors.sector_order,
        days.period,
        days.as_of,
        days.until_date,
        {%- for column in columns %}
        {{ each }}.{{ column }},
        {%- endfor %}
        {%- for figure in figures %}
        coalesce(sum(by_day.{{ figure }}), 0) as {{ figure }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from sectors
    cross join days
    {%- if each %}
    cross join {{ each }}
    {%- endif %}
    left join by_day
        on
            sectors.sector = by_day.sector
            {%- if each %}
            and {{ each }}.{{ columns[0] }} = by_day.{{ columns[0] }}
            {%- endif %}
            and by_day.event_date between days.from_date and days.until_date
    group by all
{%- endmacro %}
