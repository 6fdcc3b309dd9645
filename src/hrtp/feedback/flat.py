"""The same lines as one flat table, and the overview of all files of a source, both as CSV that Excel opens."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence

from hrtp.cells import safe_cell
from hrtp.feedback.model import FileReport, Line

KINDS = {
    "file": "MUST FIX: whole table",
    "hold": "WAITING: whole table",
    "row": "MUST FIX: row",
    "look": "Worth a look",
}
HEADINGS = (
    "Your file",
    "Table",
    "Row in your file",
    "Column",
    "What is wrong",
    "How to mend it",
    "Severity",
    "Rule",
    "How many",
)


def cells_of(line: Line) -> tuple[str, int | str, str, str, str, str, str, int]:
    """A line as every sheet writes it, in the order of ``HEADINGS`` behind the file's name."""
    row: int | str = line.row if line.row is not None else ("whole table" if line.kind in {"file", "hold"} else "")
    return line.table, row, line.column or "", line.wrong, line.mend, KINDS[line.kind], line.rule, line.count


def feedback_csv(report: FileReport) -> bytes:
    """All lines of one file."""
    return to_csv(HEADINGS, ((report.file_name, *cells_of(line)) for line in report.lines))


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with BOM and CRLF, so that Excel opens it by a double click; no cell can become a formula."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([safe_cell(heading) for heading in headings])
    for row in rows:
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return codecs.BOM_UTF8 + buffer.getvalue().encode("utf-8", "replace")
