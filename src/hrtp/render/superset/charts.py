"""A chart's definition as the parameters that Superset's chart of that kind takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hrtp.render.superset.definitions import Chart, Kind

#: Superset's names of our kinds of chart.
VIZ_TYPES: dict[Kind, str] = {
    "number": "big_number_total",
    "table": "table",
    "bars": "echarts_timeseries_bar",
    "lines": "echarts_timeseries_line",
    # lying bars: Superset's funnel puts the largest stage first, whichever it is
    "funnel": "echarts_timeseries_bar",
    "trend": "time_table",
}
#: Registered in superset_config.py.
COLOUR_SCHEME = "hrtp"
_ROW_LIMIT = 1000


def params(chart: Chart, cells: dict[str, str]) -> dict[str, Any]:
    """The `params` of the chart, without its dataset; `cells` are the fills of good and of bad cells."""
    shared = {
        "viz_type": VIZ_TYPES[chart.kind],
        "adhoc_filters": _filters(chart),
        "annotation_layers": [],
        "extra_form_data": {},
        "row_limit": _ROW_LIMIT,
    }
    if chart.kind == "table":
        return shared | _table(chart, cells)
    return shared | _BY_KIND[chart.kind](chart)


def metric(label: str, sql: str) -> dict[str, Any]:
    """One figure, by its SQL and the label that people read."""
    return {
        "expressionType": "SQL",
        "sqlExpression": sql,
        "label": label,
        "hasCustomLabel": True,
        "optionName": "metric_" + "".join(letter if letter.isalnum() else "_" for letter in label.lower()),
    }


def _filters(chart: Chart) -> list[dict[str, Any]]:
    asked: list[tuple[str, str, str, Any]] = []
    for column, value in chart.where.items():
        if isinstance(value, tuple):
            asked.append((column, "IN", "IN", list(value)))
        else:
            asked.append((column, "==", "EQUALS", value))
    asked += [(column, "!=", "NOT_EQUALS", value) for column, value in chart.where_not.items()]
    asked += [(column, "IS NOT NULL", "IS_NOT_NULL", None) for column in chart.where_set]
    return [
        {
            "expressionType": "SIMPLE",
            "clause": "WHERE",
            "subject": column,
            "operator": operator,
            "operatorId": identifier,
            "comparator": value,
            "filterOptionName": f"filter_{column}",
        }
        for column, operator, identifier, value in asked
    ]


def _number(chart: Chart) -> dict[str, Any]:
    return {
        "metric": metric(chart.title, chart.metric or ""),
        "subtitle": chart.note,
        "header_font_size": 0.4,
        "subtitle_font_size": 0.2,
        "y_axis_format": chart.format,
        "time_format": "smart_date",
    }


def _table(chart: Chart, cells: dict[str, str]) -> dict[str, Any]:
    config: dict[str, dict[str, Any]] = {name: {"horizontalAlign": "right"} for name in chart.right}
    for name, pattern in chart.formats.items():
        config.setdefault(name, {})["d3NumberFormat"] = pattern
    for name, width in chart.widths.items():
        config.setdefault(name, {})["columnWidth"] = width
    for name, heading in chart.headings.items():
        config.setdefault(name, {})["customColumnName"] = heading
    shared = {
        "table_timestamp_format": "%Y-%m-%d",
        "show_cell_bars": False,
        "color_pn": False,
        "include_search": False,
        "server_pagination": False,
        "page_length": 0,
        "allow_rearrange_columns": False,
        "allow_render_html": False,
        "show_totals": False,
        "column_config": config,
        "conditional_formatting": [
            {"column": column, "operator": "=", "targetValue": value, "colorScheme": cells[colour]}
            for column, values in chart.colours.items()
            for value, colour in values.items()
        ],
    }
    if chart.columns:
        order = [f'["{column}", true]' for column in chart.order]
        return shared | {"query_mode": "raw", "all_columns": list(chart.columns), "order_by_cols": order}
    first = chart.order[0] if chart.order else chart.group[0]
    return shared | {
        "query_mode": "aggregate",
        "groupby": list(chart.group),
        "metrics": [metric(label, sql) for label, sql in chart.metrics.items()],
        "timeseries_limit_metric": metric(f"order of {first}", f"MIN({first})"),
        "order_desc": False,
        "percent_metrics": [],
    }


def _axes(chart: Chart) -> dict[str, Any]:
    return {
        "x_axis": chart.x,
        "metrics": [metric(label, sql) for label, sql in chart.metrics.items()],
        "groupby": [chart.series] if chart.series else [],
        "color_scheme": COLOUR_SCHEME,
        "y_axis_format": chart.format,
        "show_legend": bool(chart.series) or len(chart.metrics) > 1,
        "legendType": "scroll",
        "legendOrientation": "top",
        "rich_tooltip": True,
        "truncate_metric": True,
        "truncateXAxis": False,
        "y_axis_bounds": [0, None],
        # else the largest value is the end of a lying bar's axis, and its figure a tick beside the round ones
        "truncateYAxis": False,
        "comparison_type": "values",
        "order_desc": True,
    }


def _bars(chart: Chart) -> dict[str, Any]:
    given: dict[str, Any] = {"x_axis_sort_asc": True}
    if chart.sort_by_value:
        given["x_axis_sort"] = next(iter(chart.metrics))
    elif chart.order:
        by = metric(f"order of {chart.x}", f"MIN({chart.order[0]})")
        # the axis of lying bars begins at the bottom
        given = {"x_axis_sort": by["label"], "x_axis_sort_asc": not chart.horizontal, "timeseries_limit_metric": by}
    return (
        _axes(chart)
        | {
            "orientation": "horizontal" if chart.horizontal else "vertical",
            "stack": "Stack" if chart.stack else None,
            # Yes, Not known, No; else the largest first
            "sort_series_type": "name" if chart.stack else "sum",
            "sort_series_ascending": False,
            "show_value": chart.values or len(chart.metrics) == 1,
            "only_total": False,
            "xAxisForceCategorical": True,
            "xAxisLabelInterval": "auto" if chart.horizontal else 0,
        }
        | given
    )


def _lines(chart: Chart) -> dict[str, Any]:
    return _axes(chart) | {
        "time_grain_sqla": None,
        "x_axis_time_format": "%b %Y",
        "seriesType": "line",
        "markerEnabled": False,
        "opacity": 0.2,
    }


def _funnel(chart: Chart) -> dict[str, Any]:
    lying = {"x": chart.stage, "stage": None, "metrics": {"Persons": chart.metric or ""}, "horizontal": True}
    return _bars(chart.model_copy(update=lying)) | {"color_by_primary_axis": True}


def _trend(chart: Chart) -> dict[str, Any]:
    return {
        "groupby": [chart.row],
        "metrics": [metric("Figure", chart.metric or "")],
        "granularity_sqla": chart.x,
        "time_range": "No filter",
        "time_grain_sqla": "P1M",
        "column_collection": [
            {
                "key": "latest",
                "label": "Latest",
                "colType": "time",
                "timeLag": "0",
                "comparisonType": "value",
                "d3format": ",.4~g",
            },
            {
                "key": "line",
                "label": "Month by month",
                "colType": "spark",
                # a month without a figure is nought to it: as a bar it is not seen, a line would fall and rise
                "sparkType": "bar",
                "yAxisBounds": [0, None],
                "width": "480",
                "height": "30",
                "dateFormat": "%b %Y",
                "d3format": ",.4~g",
            },
        ],
        "url": "",
    }


_BY_KIND: dict[Kind, Callable[[Chart], dict[str, Any]]] = {
    "number": _number,
    "bars": _bars,
    "lines": _lines,
    "funnel": _funnel,
    "trend": _trend,
}
