"""The scorecard: every indicator, its value, its target, how far along it is."""

from __future__ import annotations

from collections.abc import Iterable
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
    v.as_of_date, v.data_through_date, d.value_if_none_merged, d.value_if_all_merged,
    coalesce(d.is_in_doubt, false) as is_in_doubt, coalesce(d.n_review_pairs, 0) as n_review_pairs
from indicator_values as v
inner join dim_indicator as i using (indicator_key)
left join indicator_identity as d on d.indicator_key = v.indicator_key and d.sector = v.sector
where v.period_type = 'to_date' and v.sector = 'all'
order by i.display_order
"""


_LISTS = """
select list_name, origin, publisher, vintage, refused_reason from reference_lists order by list_name
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
    value_if_none_merged: Decimal | None
    value_if_all_merged: Decimal | None
    is_in_doubt: bool
    n_review_pairs: int

    @property
    def doubt(self) -> str | None:
        """Between which figures it lies, in words; None where nothing is in doubt."""
        figures = (self.value_to_date, self.value_if_none_merged, self.value_if_all_merged)
        return doubt_in_words(figures, self.unit, self.n_review_pairs) if self.is_in_doubt else None


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
            Text.assemble(line.name, (f"\n{line.doubt}", "dim")) if line.doubt else line.name,
            number(line.value_to_date, line.unit),
            _target(line),
            _bar(line),
            str(line.n_unknown or ""),
            Text("stale", style="yellow") if line.is_stale else Text("current", style="green"),
        )
    as_of = lines[0].as_of_date if lines else None
    met = sum(1 for line in lines if line.meets_target)
    with_target = sum(1 for line in lines if line.target is not None)
    return Group(table, Text(f"as of {as_of}: {met} of {with_target} targets met"), *_lists(settings))


def _lists(settings: Settings) -> list[Text]:
    """Which lists of tracts stand behind indicator 4: a synthetic one must not be taken for the County's."""
    with open_marts(settings) as connection:
        lists = rows(connection, _LISTS)
    samples = [str(row["list_name"]) for row in lists if row["origin"] == "sample"]
    lines = []
    if samples:
        text = f"priority tracts: {' and '.join(samples)} are synthetic samples; docs/how-to/priority-areas.md"
        lines.append(Text(text, style="yellow"))
    lines += [
        Text(f"priority tracts: {row['list_name']} by {row['publisher']}, vintage {row['vintage']}", style="dim")
        for row in lists
        if row["origin"] != "sample"
    ]
    lines += [
        Text(
            f"priority tracts: the {row['list_name']} that lies there was refused: {row['refused_reason']}",
            style="yellow",
        )
        for row in lists
        if row["refused_reason"]
    ]
    return lines


def doubt_in_words(figures: Iterable[Decimal | None], unit: str, n_pairs: int) -> str:
    """The range of a figure that hangs on pairs under review: ``between 210 and 213 depending on 4 pairs ...``.

    Args:
        figures: the figure, and what it would be with none and with all of the pairs merged; None is no figure.
        unit: the indicator's unit.
        n_pairs: how many pairs may move it.
    """
    distinct = set(figures)
    known = sorted(value for value in distinct if value is not None)
    pairs = "1 pair" if n_pairs == 1 else f"{n_pairs} pairs"
    if None in distinct:
        given = " or ".join(number(value, unit) for value in known)
        return f"none or {given} depending on {pairs} under review"
    return f"between {number(known[0], unit)} and {number(known[-1], unit)} depending on {pairs} under review"


def number(value: Decimal | None, unit: str) -> str:
    """A figure as people read it in its unit."""
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
    text = number(line.target, line.unit)
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
