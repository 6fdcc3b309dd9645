"""What the partners of the state machine deliver: their first tables, and a table as a file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from tests.properties.ledger_oracle import Export

AS_OF = date(2026, 12, 31)
FIRST_DAY = date(2026, 6, 1)
STREAMS = {
    "construction": ("enrollments", "services"),
    "healthcare": ("enrollments",),
    "creative_economy": ("services",),
}
FULL = [("construction", "enrollments"), ("construction", "services"), ("healthcare", "enrollments")]
DELTA = ("creative_economy", "services")
ALL = [*FULL, DELTA]
HEADERS = {
    "enrollments": (
        "enrollment_id", "participant_id", "program_id", "sector", "status", "training_start_date", "completion_date",
    ),
    "services": ("service_id", "participant_id", "service_type", "service_date", "amount"),
}  # fmt: skip
HTML = b"<html>please log in</html>"
SIZE = 14


def first_rows(source: str, entity: str) -> dict[str, dict[str, str]]:
    """A partner's own table on the first day."""
    rows = {}
    for i in range(SIZE):
        key, day = f"{source[:2]}{i}", str(FIRST_DAY - timedelta(days=40 + i))
        if entity == "enrollments":
            status = ("completed", "active", "completed", "withdrawn")[i % 4]
            ended = str(FIRST_DAY - timedelta(days=i)) if status == "completed" else ""
            cells = (key, f"P{key}", "G1", source, status, day, ended)
        else:
            cells = (key, f"P{key}", ("housing", "childcare", "legal", "other")[i % 4], day, f"{i}.50")
        rows[key] = dict(zip(HEADERS[entity], cells, strict=True))
    return rows


def written(export: Export) -> bytes:
    """The file as CSV."""
    if export.is_junk:
        return HTML + export.source.encode() + str(export.day).encode()
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADERS[export.entity])
    for row in export.rows:
        writer.writerow([] if row is None else row.values())
    return buffer.getvalue().encode()
