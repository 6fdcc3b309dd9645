"""What is known of one file that was not perfect, before it becomes a workbook."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from hrtp.raw import Manifest

#: file = the whole table did not load, hold = it waits for the County's word, row = a row did not load, look = it
#: loaded and deserves a look.
LineKind = Literal["file", "hold", "row", "look"]
Status = Literal["open", "settled", "replaced", "information"]

#: The list of all feedback of a source, and what of it is still open.
OVERVIEW = "feedback_overview.csv"


@dataclass(frozen=True)
class Line:
    """One thing to tell. ``row`` counts as a spreadsheet shows the file; None where the whole table is meant.

    ``column`` is the partner's own heading where it is known. ``count`` is how many rows or values a line stands for.
    """

    kind: LineKind
    entity: str
    table: str
    row: int | None
    column: str | None
    rule: str
    wrong: str
    mend: str
    count: int = 1


@dataclass(frozen=True)
class TableReport:
    """One table of a file: how it is called in the file, and what became of it."""

    label: str
    manifest: Manifest

    @property
    def rows(self) -> int:
        """Rows that say something: neither blank nor a trailer."""
        return self.manifest.rows_in - self.manifest.rows_blank


@dataclass
class FileReport:
    """One landed file, its tables, and every line to tell about it."""

    source: str
    source_name: str
    file_name: str
    file_sha256: str
    data_through: date
    received_at: datetime
    late_after_days: int
    tables: list[TableReport]
    lines: list[Line] = field(default_factory=list)

    @property
    def stem(self) -> str:
        """Name of the feedback on disk: of our own making, never the sender's."""
        entities = [table.manifest.entity for table in self.tables]
        what = entities[0] if len(entities) == 1 else self.source
        return f"{what}_{self.data_through:%Y%m%d}_{self.file_sha256[:8]}_feedback"

    @property
    def fixes(self) -> list[Line]:
        """Lines that must be mended: whole tables first, then by table and row."""
        return [line for line in self.lines if line.kind != "look"]

    @property
    def looks(self) -> list[Line]:
        """Lines that deserve a look."""
        return [line for line in self.lines if line.kind == "look"]

    def manifests(self, state: str) -> list[Manifest]:
        """Manifests of the tables in ``state``."""
        return [t.manifest for t in self.tables if t.manifest.state == state]

    def by_rule(self) -> list[tuple[LineKind, str, str, int]]:
        """(kind, rule, what is wrong, how many), the most pressing and most frequent first."""
        counts: Counter[tuple[LineKind, str]] = Counter()
        words: dict[tuple[LineKind, str], str] = {}
        for line in self.lines:
            counts[line.kind, line.rule] += line.count
            words.setdefault((line.kind, line.rule), line.wrong)
        order = {"file": 0, "hold": 1, "row": 2, "look": 3}
        ranked = sorted(counts.items(), key=lambda item: (order[item[0][0]], -item[1], item[0][1]))
        return [(kind, rule, words[kind, rule], count) for (kind, rule), count in ranked]


@dataclass
class FeedbackResult:
    """Outcome of ``write_feedback``. ``files`` are all current feedback files, ``written`` those that changed."""

    source: str
    files: list[Path] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    statuses: Counter[Status] = field(default_factory=Counter)
    rows_to_fix: int = 0

    def summary(self) -> dict[str, object]:
        """Counts for logs and XComs; no value of a person."""
        return {
            "source": self.source,
            "feedback_files": len(self.files),
            "written": len(self.written),
            "open": self.statuses["open"],
            "settled": self.statuses["settled"] + self.statuses["replaced"],
            "information": self.statuses["information"],
            "rows_to_fix": self.rows_to_fix,
        }
