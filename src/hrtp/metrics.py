"""Asking the semantic layer: MetricFlow writes the query, the published marts answer it, read-only and exactly.

``mf query`` in ``published/semantic`` answers the same; this needs neither a folder to stand in nor a file to log to,
is twice as fast, and keeps decimals as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hrtp.docs.semantic import CATALOG, SEMANTIC_FOLDER, SEMANTIC_MANIFEST
from hrtp.duck import open_duckdb
from hrtp.errors import HrtpError
from hrtp.publish import MARTS_FILE
from hrtp.settings import Settings

if TYPE_CHECKING:
    from metricflow.protocols.sql_client import SqlClient
    from rich.table import Table

Value = Decimal | int | str | date | None
#: What a metric's meta names, in the order of the list: an indicator, a companion, or the indicator that it is beside.
_KINDS = ("indicator_key", "companion_key", "beside")
_TIME = "metric_time"
#: Lines of MetricFlow's words on a query that it does not understand: what is wrong, and what was perhaps meant.
_LINES_OF_ERROR = 12


class MetricsError(HrtpError):
    """The semantic layer cannot be asked, or not so."""

    code = "METRICS"


@dataclass(frozen=True)
class Metric:
    """A metric for people; those that only help another are none."""

    name: str
    label: str
    unit: str
    description: str


@dataclass(frozen=True)
class Answer:
    """Column names, and rows of exact values in the order asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def to_json(self) -> list[dict[str, object]]:
        """Rows as objects; decimals and days as text, so that nothing is rounded on the way."""
        return [
            {name: str(value) if isinstance(value, Decimal | date) else value for name, value in _pairs(self, row)}
            for row in self.rows
        ]


def metrics(settings: Settings) -> list[Metric]:
    """Every metric that can be asked for: the indicators, the companions, then what stands beside each indicator.

    Raises:
        MetricsError: where the semantic layer was not written yet.
    """
    found = []
    for metric in json.loads(_manifest(settings))["metrics"]:
        meta = (metric.get("config") or {}).get("meta") or {}
        if "part_of" not in meta:
            shown = Metric(metric["name"], metric["label"], str(meta.get("unit", "")), metric["description"])
            kind = next((rank for rank, key in enumerate(_KINDS) if key in meta), len(_KINDS))
            found.append((kind, int(meta.get("display_order", 0)), shown))
    return [metric for *_, metric in sorted(found, key=lambda one: one[:2])]


def ask(
    settings: Settings,
    names: Sequence[str],
    *,
    group_by: Sequence[str] = (),
    where: Sequence[str] = (),
    order_by: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
) -> Answer:
    """Ask for metrics, grouped and filtered as MetricFlow has it.

    Args:
        settings: whose published marts.
        names: metrics.
        group_by: such as ``sector``, ``sector__name``, ``metric_time__month``, ``person__gender``.
        where: conditions such as ``{{ Entity('sector') }} = 'healthcare'``.
        order_by: names of the above, with a minus before for descending; default the groups.
        start: first day of the periods asked for; only with a group by ``metric_time``.
        end: last day; without a group by ``metric_time`` the day as of which, for what is known by months alone the
            last of a month.

    Raises:
        MetricsError: where a name is not known, or the question cannot be answered.
    """
    query = sql(settings, names, group_by=group_by, where=where, order_by=order_by or group_by, start=start, end=end)
    # the file is attached by the name that the query calls it by, whatever the file is named
    path = (settings.published / MARTS_FILE).resolve()
    import duckdb

    with open_duckdb(attached={CATALOG: path}) as connection:
        try:
            cursor = connection.execute(query)
            columns = tuple(str(column[0]) for column in cursor.description or ())
            rows = tuple(tuple(_plain(value) for value in row) for row in cursor.fetchall())
        except duckdb.Error as error:  # its text may quote what it stumbled over
            raise MetricsError(f"the marts cannot answer that ({type(error).__name__}); look at --where") from None
    return Answer(columns, rows)


def sql(
    settings: Settings,
    names: Sequence[str],
    *,
    group_by: Sequence[str] = (),
    where: Sequence[str] = (),
    order_by: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
) -> str:
    """The query that MetricFlow writes, for whoever asks elsewhere; its relations are those of ``marts.duckdb``.

    Raises:
        MetricsError: where a name is not known.
    """
    text = _manifest(settings)
    if not any(name.startswith(_TIME) for name in group_by):
        # MetricFlow bounds the time of a running total only where it is grouped by time
        if start is not None:
            raise MetricsError("a figure to date has no first day; group by metric_time__month, or leave --start out")
        where, end = [*where, *_as_of(end)], None
    from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Dialect:
        """All that writing a query asks of a client."""

        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(text))
    engine = MetricFlowEngine(lookup, cast("SqlClient", Dialect()))
    try:
        request = MetricFlowQueryRequest.create(
            metric_names=list(names),
            group_by_names=list(group_by) or None,
            where_constraints=list(where) or None,
            order_by_names=list(order_by) or None,
            time_constraint_start=_instant(start),
            time_constraint_end=_instant(end),
        )
        return str(engine.explain(request).sql_statement.sql)
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()][:_LINES_OF_ERROR]
        raise MetricsError("\n".join(["MetricFlow cannot answer that:", *lines])) from None


def answer_table(answer: Answer) -> Table:
    """An answer for a terminal."""
    from rich.table import Table

    table = Table()
    for name in answer.columns:
        numbers = all(isinstance(dict(_pairs(answer, row))[name], int | Decimal | None) for row in answer.rows)
        table.add_column(name, justify="right" if numbers else "left")
    for row in answer.rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table


def metrics_table(found: Sequence[Metric]) -> Table:
    """The metrics for a terminal."""
    from rich.table import Table

    table = Table("metric", "what it is", "unit")
    for metric in found:
        table.add_row(metric.name, metric.label, metric.unit)
    return table


def _manifest(settings: Settings) -> str:
    path: Path = settings.published / SEMANTIC_FOLDER / SEMANTIC_MANIFEST
    if not path.exists() or not (settings.published / MARTS_FILE).exists():
        raise MetricsError(f"no semantic layer is published under {settings.published}; run `hrtp docs`")
    return path.read_text(encoding="utf-8")


def _as_of(end: date | None) -> list[str]:
    """The condition that nothing after a day counts; by months where that is the same."""
    if end is None:
        return []
    grain = "month" if (end + timedelta(days=1)).day == 1 else "day"
    return [f"{{{{ TimeDimension('{_TIME}', '{grain}') }}}} <= '{end.isoformat()}'"]


def _instant(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day)


def _pairs(answer: Answer, row: tuple[Value, ...]) -> list[tuple[str, Value]]:
    return list(zip(answer.columns, row, strict=True))


def _plain(value: Any) -> Value:
    """A period is a day, whatever type the query gave it."""
    return value.date() if isinstance(value, datetime) else value
