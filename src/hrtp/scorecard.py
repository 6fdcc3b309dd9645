"""The scorecard: every indicator, its value, its target, how far along it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from rich.console import Group
from rich.text import Text

from hrtp.marts import open_marts, rows
from hrtp.pictures import MIDDLE, WIDE, Canvas, Fitted, bar, plain_table, sparkline
from hrtp.settings import Settings

_BAR_WIDTH = 20
#: Months that the line of an indicator shows.
MONTHS = 12
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
_MONTHS = """
select indicator_key, value_to_date from indicator_values
where period_type = 'month' and sector = 'all'
order by indicator_key, period_end
"""
_LISTS = """
select list_name, origin, publisher, vintage, refused_reason from reference_lists order by list_name
"""


@dataclass(frozen=True)
class ScorecardLine:
    """One indicator of the program, to date; ``months`` are its values at the ends of the last ones."""

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
    months: tuple[Decimal | None, ...] = ()

    @property
    def doubt(self) -> str | None:
        """Between which figures it lies, in words; None where nothing is in doubt."""
        figures = (self.value_to_date, self.value_if_none_merged, self.value_if_all_merged)
        return doubt_in_words(figures, self.unit, self.n_review_pairs) if self.is_in_doubt else None


@dataclass(frozen=True)
class Scorecard:
    """All indicators, and the lists of tracts behind indicator 4 as the mart ``reference_lists`` has them."""

    lines: list[ScorecardLine]
    lists: list[dict[str, object]]

    @property
    def as_of(self) -> date | None:
        """The day of the figures."""
        return self.lines[0].as_of_date if self.lines else None

    @property
    def n_met(self) -> int:
        """Targets that are met."""
        return sum(1 for line in self.lines if line.meets_target)

    @property
    def n_targets(self) -> int:
        """Indicators that have a target."""
        return sum(1 for line in self.lines if line.target is not None)

    def to_json(self) -> dict[str, object]:
        """For ``--json``."""
        return {
            "as_of_date": self.as_of,
            "targets_met": self.n_met,
            "targets": self.n_targets,
            "indicators": [asdict(line) for line in self.lines],
            "lists": self.lists,
        }


def scorecard_lines(settings: Settings) -> list[ScorecardLine]:
    """The program's row of every indicator.

    Raises:
        NotPublished: before the first night.
        MartsOutdated: after an upgrade, until the next build.
    """
    return read_scorecard(settings).lines


def read_scorecard(settings: Settings) -> Scorecard:
    """The scorecard as it is published; raises as `scorecard_lines`."""
    months: dict[object, list[Decimal | None]] = defaultdict(list)
    with open_marts(settings) as connection:
        for row in rows(connection, _MONTHS):
            months[row["indicator_key"]].append(row["value_to_date"])  # type: ignore[arg-type]
        lines = [
            ScorecardLine(**row, months=tuple(months[row["indicator_key"]][-MONTHS:]))  # type: ignore[arg-type]
            for row in rows(connection, _QUERY)
        ]
        return Scorecard(lines, rows(connection, _LISTS))


def render(settings: Settings) -> Fitted:
    """The scorecard for a terminal, with its day."""
    return scorecard_view(read_scorecard(settings))


def scorecard_view(scorecard: Scorecard) -> Fitted:
    """For a terminal, with pictures where it can draw them and fewer columns where it is narrow."""
    return Fitted(lambda canvas: _view(scorecard, canvas))


def _view(scorecard: Scorecard, canvas: Canvas) -> Group:
    wide, middle = canvas.width >= WIDE, canvas.width >= MIDDLE
    table = plain_table("HRTP scorecard")
    if middle:
        table.add_column("#", justify="right")
    table.add_column("indicator")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("attainment", no_wrap=middle)
    if canvas.draws and middle:
        table.add_column(f"{MONTHS} months" if wide else "months", no_wrap=True)
    if middle:
        table.add_column("unknown", justify="right")
    table.add_column("data", no_wrap=True)
    width = _BAR_WIDTH if wide else _BAR_WIDTH // 2 if middle else 6
    for line in scorecard.lines:
        cells: list[str | Text] = [str(line.charter_number or "-")] if middle else []
        cells += [
            Text.assemble(line.name, (f"\n{line.doubt}", "dim")) if line.doubt else line.name,
            number(line.value_to_date, line.unit),
            _target(line),
            _attainment(line, width if canvas.draws else 0),
        ]
        if canvas.draws and middle:
            cells.append(Text(sparkline(line.months if wide else line.months[-MONTHS // 2 :]), style="cyan"))
        if middle:
            cells.append(str(line.n_unknown or ""))
        cells.append(Text("stale", style="yellow") if line.is_stale else Text("current", style="green"))
        table.add_row(*cells)
    said = f"as of {scorecard.as_of}: {scorecard.n_met} of {scorecard.n_targets} targets met"
    if canvas.draws and any(_mark(line) for line in scorecard.lines):
        return Group(table, Text(said), Text("┃ in a bar: the baseline", style="dim"), *_lists(scorecard))
    return Group(table, Text(said), *_lists(scorecard))


def _lists(scorecard: Scorecard) -> list[Text]:
    """Which lists of tracts stand behind indicator 4: a synthetic one must not be taken for the County's."""
    samples = [str(row["list_name"]) for row in scorecard.lists if row["origin"] == "sample"]
    lines = []
    if samples:
        text = f"priority tracts: {' and '.join(samples)} are synthetic samples; docs/how-to/priority-areas.md"
        lines.append(Text(text, style="yellow"))
    lines += [
        Text(f"priority tracts: {row['list_name']} by {row['publisher']}, vintage {row['vintage']}", style="dim")
        for row in scorecard.lists
        if row["origin"] != "sample"
    ]
    lines += [
        Text(
            f"priority tracts: the {row['list_name']} that lies there was refused: {row['refused_reason']}",
            style="yellow",
        )
        for row in scorecard.lists
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


def _mark(line: ScorecardLine) -> Decimal | None:
    """Where in the bar the baseline stands; None where it is the target itself, or the bar counts sectors."""
    if not line.baseline or not line.target or line.baseline >= line.target or line.target_scope == "each_sector":
        return None
    return line.baseline / line.target


def _attainment(line: ScorecardLine, width: int) -> Text:
    """In words, and before them a bar of that width."""
    if not line.is_applicable:
        return Text("not run by HRTP", style="dim")
    if line.target_scope == "each_sector" and line.sectors_meeting is not None:
        share, label = Decimal(line.sectors_meeting) / 6, f"{line.sectors_meeting} of 6 sectors"
    elif line.attainment is None:
        return Text("no target" if line.target is None else (line.value_reason or "n/a"), style="dim")
    else:
        share, label = line.attainment, f"{line.attainment * 100:.0f} %"
    return Text.assemble(bar(share, width, _mark(line)), f" {label}") if width else Text(label)
