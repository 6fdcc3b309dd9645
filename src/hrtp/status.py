"""How every source stands: its last file, the day its data runs through, where its rows went."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from rich.table import Table

from hrtp.marts import open_marts, rows
from hrtp.settings import Settings

#: Colour and word a state; the word alone must do where there is no colour.
STYLES = {"ok": "green", "late": "yellow", "stale": "yellow", "held": "magenta", "rejected": "red"}


@dataclass(frozen=True)
class SourceState:
    """One source as of the published figures. Counts are rows of its current and past files together."""

    source: str
    state: str
    reason: str | None
    last_file: str | None
    data_through_date: date | None
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int
    rows_blank: int

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look: not ok, or rows in quarantine."""
        return self.state != "ok" or self.rows_quarantined > 0

    def to_json(self) -> dict[str, object]:
        """For ``--json``: dates as ISO text."""
        return asdict(self) | {"data_through_date": str(self.data_through_date) if self.data_through_date else None}


_QUERY = """
select source, state, reason, last_file_name as last_file, data_through_date,
    rows_in, rows_loaded, rows_quarantined, rows_duplicate, rows_blank
from source_freshness
order by source
"""


def source_states(settings: Settings) -> list[SourceState]:
    """Every source, in the order of its id.

    Raises:
        NotPublished: before the first night.
    """
    with open_marts(settings) as connection:
        return [SourceState(**row) for row in rows(connection, _QUERY)]  # type: ignore[arg-type]


def status_table(states: list[SourceState]) -> Table:
    """The states as a table for the terminal."""
    table = Table(title="Sources", title_justify="left", header_style="bold")
    table.add_column("source", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in ("data through", "rows in", "loaded", "quarantined", "duplicate", "blank"):
        table.add_column(heading, justify="right")
    table.add_column("last file", overflow="fold")
    if any(s.reason for s in states):
        table.add_column("why", overflow="fold", ratio=1)
    for s in states:
        state = f"[{STYLES.get(s.state, 'white')}]{s.state}[/]"
        bad = f"[red]{s.rows_quarantined}[/]" if s.rows_quarantined else "0"
        cells = [
            s.source,
            state,
            str(s.data_through_date or "never"),
            str(s.rows_in),
            str(s.rows_loaded),
            bad,
            str(s.rows_duplicate),
            str(s.rows_blank),
            s.last_file or "-",
        ]
        table.add_row(*cells, s.reason or "") if any(o.reason for o in states) else table.add_row(*cells)
    return table
