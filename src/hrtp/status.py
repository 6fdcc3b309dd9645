"""How every source stands: its last file, the day its data runs through, where its rows went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hrtp.marts import open_marts, rows
from hrtp.pictures import MIDDLE, WIDE, Canvas, Fitted, Part, plain_table, sparkline, stacked
from hrtp.settings import Settings

#: Colour and word a state; the word alone must do where there is no colour.
STYLES = {"ok": "green", "late": "yellow", "stale": "yellow", "held": "magenta", "rejected": "red"}
#: Where rows go: the field, how it is drawn.
PARTS = {
    "loaded": ("█", "green"),
    "quarantined": ("▓", "red"),
    "duplicate": ("▒", "yellow"),
    "blank": ("░", "dim"),
}
#: Deliveries that a line shows.
LAST = 10
_BAR_WIDTH = 12


@dataclass(frozen=True)
class Delivery:
    """What came for one day: rows of all its files that loaded."""

    data_through_date: date
    rows_in: int


@dataclass(frozen=True)
class SourceState:
    """One source as of the published figures. Counts are rows of its current and past files together.

    ``days_since_data`` are days from the one its data runs through to that of the figures; ``deliveries`` the last
    ones, the oldest first.
    """

    source: str
    state: str
    reason: str | None
    last_file: str | None
    data_through_date: date | None
    days_since_data: int | None
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int
    rows_blank: int
    deliveries: tuple[Delivery, ...] = ()

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look: not ok, or rows in quarantine."""
        return self.state != "ok" or self.rows_quarantined > 0

    def to_json(self) -> dict[str, object]:
        """For ``--json``."""
        return asdict(self)


_QUERY = """
select source, state, reason, last_file_name as last_file, data_through_date,
    as_of_date - data_through_date as days_since_data,
    rows_in, rows_loaded, rows_quarantined, rows_duplicate, rows_blank
from source_freshness
order by source
"""
_DELIVERIES = """
select source, data_through_date, cast(sum(rows_in) as bigint) as rows_in
from load_reconciliation
where state = 'loaded' and data_through_date is not null
group by source, data_through_date
order by source, data_through_date
"""


def source_states(settings: Settings) -> list[SourceState]:
    """Every source, in the order of its id.

    Raises:
        NotPublished: before the first night.
        MartsOutdated: after an upgrade, until the next build.
    """
    came: dict[object, list[Delivery]] = defaultdict(list)
    with open_marts(settings) as connection:
        for row in rows(connection, _DELIVERIES):
            came[row.pop("source")].append(Delivery(**row))  # type: ignore[arg-type]
        return [
            SourceState(**row, deliveries=tuple(came[row["source"]][-LAST:]))  # type: ignore[arg-type]
            for row in rows(connection, _QUERY)
        ]


def status_view(states: list[SourceState]) -> Fitted:
    """The states for a terminal, with pictures where it can draw them and fewer columns where it is narrow."""
    return Fitted(lambda canvas: _view(states, canvas))


def _view(states: list[SourceState], canvas: Canvas) -> Group | Table:
    table = _table(states, canvas)
    if not canvas.draws:
        return table
    legend = Text("rows: ", style="dim")
    for name, (character, style) in PARTS.items():
        legend.append(character * 2, style)
        legend.append(f" {name}  ", "dim")
    if canvas.width >= MIDDLE:
        legend.append(f"deliveries: rows of the last {LAST}, oldest first", "dim")
    return Group(table, legend)


def _table(states: list[SourceState], canvas: Canvas) -> Table:
    wide, middle = canvas.width >= WIDE, canvas.width >= MIDDLE
    # the bar takes the room that names of files need
    has_file = canvas.width >= (WIDE + _BAR_WIDTH + LAST if canvas.draws else WIDE)
    has_reason = any(state.reason for state in states)
    table = plain_table("Sources")
    table.add_column("source", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("data through", justify="right", no_wrap=middle)
    table.add_column("days", justify="right", no_wrap=True)
    table.add_column("rows in", justify="right", no_wrap=True)
    if canvas.draws:
        table.add_column("rows", no_wrap=True)
    has_loaded = middle or not canvas.draws
    if has_loaded:
        table.add_column("loaded", justify="right", no_wrap=True)
    table.add_column("quarantined" if middle else "bad", justify="right", no_wrap=True)
    if wide:
        table.add_column("duplicate", justify="right", no_wrap=True)
        table.add_column("blank", justify="right", no_wrap=True)
    if canvas.draws and middle:
        table.add_column("deliveries", no_wrap=True)
    if has_file:
        table.add_column("last file", overflow="fold")
    if has_reason:
        table.add_column("why", overflow="fold", ratio=1)
    for s in states:
        cells: list[str | Text] = [
            s.source,
            Text(s.state, style=STYLES.get(s.state, "white")),
            str(s.data_through_date or "never"),
            "-" if s.days_since_data is None else str(s.days_since_data),
            f"{s.rows_in:,}",
        ]
        if canvas.draws:
            parts = [Part(getattr(s, f"rows_{name}"), *drawn) for name, drawn in PARTS.items()]
            cells.append(stacked(parts, _BAR_WIDTH if wide else _BAR_WIDTH // 2))
        if has_loaded:
            cells.append(f"{s.rows_loaded:,}")
        cells.append(Text(f"{s.rows_quarantined:,}", style="red" if s.rows_quarantined else ""))
        if wide:
            cells += [f"{s.rows_duplicate:,}", f"{s.rows_blank:,}"]
        if canvas.draws and middle:
            cells.append(sparkline([delivery.rows_in for delivery in s.deliveries]))
        if has_file:
            cells.append(escape(s.last_file or "-"))
        if has_reason:
            cells.append(escape(s.reason or ""))
        table.add_row(*cells)
    return table
