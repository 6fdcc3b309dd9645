"""The scorecard: every indicator, its value, its target, how far along it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from hrtp.marts import open_marts, rows
from hrtp.settings import Settings

_BAR_WIDTH = 20
_QUERY = """
select v.indicator_key, v.charter_number, v.name, v.unit, v.value_to_date, v.value_reason, v.baseline, v.target,
    v.target_scope, v.attainment, v.meets_target, v.is_applicable, v.is_stale, v.n_unknown, v.sectors_meeting,
    v.as_of_date, v.data_through_date
from indicator_values as v
inner join dim_indicator as i using (indicator_key)
where v.period_type = 'to_date' and v.sector = 'all'
order by i.display_order
"""


@dataclass(frozen=True)
class ScorecardLine:
    """One indicator of the program, to date."""

    indicator_key: str
    charter_number: int | None
    name: str
    unit: str
    value_to_date: Decimal | None
    value_reason: str | None
    baseline: Decimal | None
    target: Decimal | None
    target_scope: str | None
    attainment: Decimal | None
    meets_target: bool | None
    is_applicable: bool
    is_stale: bool
    n_unknown: int
    sectors_meeting: int | None
    as_of_date: date
    data_through_date: date | None


def scorecard_lines(settings: Settings) -> list[ScorecardLine]:
    """The program's row of every indicator.

    Raises:
        NotPublished: before the first night.
    """
    with open_marts(settings) as connection:
        return [ScorecardLine(**row) for row in rows(connection, _QUERY)]  # type: ignore[arg-type]


def render(settings: Settings) -> Group:
    """The scorecard for a terminal, with its day."""
    lines = scorecard_lines(settings)
    table = Table(title="HRTP scorecard", title_justify="left", header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("indicator")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("attainment", no_wrap=True)
    table.add_column("unknown", justify="right")
    table.add_column("data", no_wrap=True)
    for line in lines:
        table.add_row(
            str(line.charter_number or "-"),
            line.name,
            _number(line.value_to_date, line.unit),
            _target(line),
            _bar(line),
            str(line.n_unknown or ""),
            Text("stale", style="yellow") if line.is_stale else Text("current", style="green"),
        )
    as_of = lines[0].as_of_date if lines else None
    met = sum(1 for line in lines if line.meets_target)
    with_target = sum(1 for line in lines if line.target is not None)
    return Group(table, Text(f"as of {as_of}: {met} of {with_target} targets met"))


def _number(value: Decimal | None, unit: str) -> str:
    if value is None:
        return "n/a"
    if unit == "USD per hour":
        return f"${value:,.2f}"
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    if unit == "yes/no":
        return "yes" if value else "no"
    return f"{text} %" if unit == "percent" else text


def _target(line: ScorecardLine) -> str:
    if line.target is None:
        return "-"
    text = _number(line.target, line.unit)
    return f"{text} in each" if line.target_scope == "each_sector" else text


def _bar(line: ScorecardLine) -> Text:
    if not line.is_applicable:
        return Text("not run by HRTP", style="dim")
    if line.target_scope == "each_sector" and line.sectors_meeting is not None:
        return _drawn(Decimal(line.sectors_meeting) / 6, f"{line.sectors_meeting} of 6 sectors")
    if line.attainment is None:
        return Text("no target" if line.target is None else (line.value_reason or "n/a"), style="dim")
    return _drawn(line.attainment, f"{line.attainment * 100:.0f} %")


def _drawn(share: Decimal, label: str) -> Text:
    filled = min(_BAR_WIDTH, int(share * _BAR_WIDTH))
    style = "green" if share >= 1 else "yellow" if share >= Decimal("0.5") else "red"
    return Text.assemble(("█" * filled, style), ("░" * (_BAR_WIDTH - filled), "dim"), f" {label}")
