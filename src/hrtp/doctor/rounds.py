"""All examinations, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hrtp.doctor.databases import examine_databases
from hrtp.doctor.decisions import examine_decisions
from hrtp.doctor.landing import audit_landing
from hrtp.doctor.machine import (
    examine_airflow,
    examine_clock,
    examine_key,
    examine_leftovers,
    examine_permissions,
    examine_room,
)
from hrtp.doctor.model import Finding, error
from hrtp.doctor.tables import examine_tables
from hrtp.errors import HrtpError, SourceConfigError
from hrtp.settings import Settings
from hrtp.sources import load_sources

if TYPE_CHECKING:
    from rich.table import Table

Progress = Callable[[str], None]


def examine(settings: Settings, progress: Progress | None = None, now: datetime | None = None) -> list[Finding]:
    """Look at everything and change nothing.

    Raises:
        HrtpError: code NO_HOME, where there is nothing to look at.
    """
    if not settings.home.is_dir():
        raise HrtpError(f"{settings.home} is not there; set HRTP_HOME, or run `hrtp nightly` first", code="NO_HOME")
    moment = now or datetime.now(UTC)
    examinations: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("configuration of the sources", lambda: _configuration(settings)),
        ("permissions", lambda: examine_permissions(settings)),
        ("disk", lambda: examine_room(settings)),
        ("key", lambda: examine_key(settings)),
        ("clock", lambda: examine_clock(settings, moment)),
        ("leftovers", lambda: examine_leftovers(settings)),
        ("landing: every byte", lambda: audit_landing(settings)),
        ("stewards' decisions", lambda: examine_decisions(settings)),
        ("raw and quarantine: every file, every count", lambda: examine_tables(settings)),
        ("warehouse and published: every block", lambda: examine_databases(settings)),
        ("Airflow's database", lambda: examine_airflow(settings)),
    ]
    found: list[Finding] = []
    for name, look in examinations:
        if progress is not None:
            progress(f"doctor: {name}")
        found += look()
    return sorted(found, key=lambda f: (f.severity, f.code, f.where))


def _configuration(settings: Settings) -> list[Finding]:
    try:
        load_sources(settings.project)
    except SourceConfigError as problem:
        return [error("SOURCE_CONFIG", "sources", str(problem), "mend the file, then run `hrtp sources check`")]
    return []


def findings_table(findings: list[Finding]) -> Table:
    """For people."""
    from rich.table import Table

    table = Table("", "code", "where", "what is wrong", "what to do", show_lines=True)
    for finding in findings:
        colour = "red" if finding.severity == "error" else "yellow"
        # no markup: a path may hold brackets
        row = (finding.code, finding.where, finding.what, finding.way_out)
        table.add_row(f"[{colour}]{finding.severity}[/]", *(text.replace("[", "\\[") for text in row))
    return table
