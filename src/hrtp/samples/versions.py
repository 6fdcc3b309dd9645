"""Which rows stand in which dated file, and as they were known on that day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hrtp.samples.render import WrittenForm
from hrtp.samples.rows import AS_OF, DELTA_DATES, EARLIER_FULL, Fate, Row, Values
from hrtp.sources import SourceConfig


def export_dates(source: SourceConfig, entity: str, form: WrittenForm) -> tuple[date, ...]:
    """Days through which the source's files of ``entity`` run, oldest first."""
    if is_delta(source, entity, form):
        return DELTA_DATES
    earlier = EARLIER_FULL.get(source.source)
    return (AS_OF,) if earlier is None else (earlier, AS_OF)


def is_delta(source: SourceConfig, entity: str, form: WrittenForm) -> bool:
    """Whether the files are deltas; a canonical file is a full export, whatever the source declares."""
    return form == "declared" and source.mapping(entity).mode == "delta"


def versions(row: Row, source: SourceConfig, form: WrittenForm) -> Iterator[tuple[date, Values]]:
    """The files in which ``row`` stands, each with the values it has there; none where its file is not written.

    A full export repeats what it knows; a delta holds a row only where it is new or has changed.
    """
    if row.only is not None:
        if row.only in export_dates(source, row.entity, form):
            yield row.only, row.values
        return
    if row.fate is not Fate.LOADED:
        yield AS_OF, row.values
        return
    only_changes = is_delta(source, row.entity, form)
    previous: Values | None = None
    for day in export_dates(source, row.entity, form):
        values = as_known_on(row, day)
        if values is not None and not (only_changes and values == previous):
            yield day, values
            previous = values


def as_known_on(row: Row, day: date) -> Values | None:
    """The row's values in a file that runs through ``day``; None where the partner did not know of it yet."""
    if row.since > day:
        return None
    values = row.before[1] if row.before is not None and day < row.before[0] else row.values

    def later(column: str) -> bool:
        written = values.get(column)
        return written is not None and written > day.isoformat()

    match row.entity:
        case "enrollments" if later("completion_date") or later("withdrawal_date"):
            undone = (
                "completion_date",
                "withdrawal_date",
                "non_completion_reason",
                "credential_name",
                "credential_date",
            )
            return values | dict.fromkeys(undone) | {"status": "active"}
        case "partners" if later("commitment_date"):
            return values | {"commitment_status": "pending", "commitment_date": None, "withdrawn_date": None}
        case "partners" if later("withdrawn_date"):
            return values | {"commitment_status": "committed", "withdrawn_date": None}
        case "employer_partnerships" if later("established_date"):
            return values | {"status": "prospective", "established_date": None, "ended_date": None}
        case "employer_partnerships" if later("ended_date"):
            return values | {"status": "established", "ended_date": None}
    return values
