"""What must be told tonight, from what stands: outcomes, manifests, marts, landing, disk. Reads, and changes nothing.

Each look-up stands for itself: one that fails becomes an alert of its own, and the others are told all the same.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from hrtp.alerts.model import NIGHT, Alert
from hrtp.errors import HrtpError, SourceConfigError
from hrtp.outcomes import FAILED, NOTED, PUBLISH_BI, RUNNING, last_outcomes
from hrtp.raw import Manifest
from hrtp.settings import Settings
from hrtp.sources import load_source

log = logging.getLogger("hrtp.alerts")

#: Warnings of single rows that a person wants to know of at once, and from how many rows of a file on.
NOTEWORTHY = {
    "CODELIST": 1,
    "DRIFT": 1,
    "SCHEMA_DRIFT": 1,
    "OPTIONAL_COLUMN_MISSING": 1,
    "IDENTITY_CONFLICT": 1,
    "PII_EXCESS": 1,
    "PII_IN_FREETEXT": 1,
    "REVERSED": 1,
    "SUPERSEDES": 1,
    "PERMS": 1,
    "DATE_MOVED": 10,
    "RESTATED": 50,
}
#: Of these, what says something about the form of a source's files and not about one of them.
OF_THE_FORM = frozenset({"SCHEMA_DRIFT", "OPTIONAL_COLUMN_MISSING", "PII_EXCESS"})
#: A restatement is large where it changes this share of a file's rows as well.
RESTATED_SHARE = 0.1
#: A build needs three times the warehouse's size; below this there is no room for a night in any case.
LEAST_FREE_BYTES = 2 * 1024**3


def collect(settings: Settings) -> list[Alert]:
    """Everything that a person must be told, in no particular order.

    What stands is in it every night until it is mended; what concerns one file alone has ``once`` set.
    """
    found: list[Alert] = []
    looks: tuple[Callable[[Settings], Iterator[Alert]], ...] = (
        _configuration,
        _steps,
        _files,
        _held,
        _late,
        _tampered,
        _disk,
    )
    for look in looks:
        try:
            found += list(look(settings))
        except Exception as error:
            what = look.__name__.strip("_")
            kind = str(error) if isinstance(error, HrtpError) else type(error).__name__
            log.error("alerts: looking at %s failed: %s", what, kind)
            found.append(
                Alert(NIGHT, "CANNOT_TELL", "error", f"nobody can say tonight how it stands with: {what} ({kind})")
            )
    return found


def _steps(settings: Settings) -> Iterator[Alert]:
    """Steps that failed, or that began and never ended."""
    from hrtp.contracts import load_catalogue

    catalogue = load_catalogue(settings.project)
    refused = {m.source for m in _newest(_manifests(settings)).values() if m.state == "rejected"}
    known = _sources(settings) | {None}
    for outcome in last_outcomes(settings):
        if outcome.source not in known or (outcome.step == PUBLISH_BI and settings.postgres_dsn is None):
            continue
        source = outcome.source or NIGHT
        if outcome.state == RUNNING:
            text = (
                f"{outcome.name} began {outcome.at:%Y-%m-%d %H:%M} UTC and has not ended: it still runs, or it was "
                "killed. Running it again is safe"
            )
            yield Alert(source, "NOT_FINISHED", "error", text)
        elif outcome.state == NOTED:
            cure = f" {catalogue[outcome.code].how_to_resolve}" if outcome.code in catalogue else ""
            yield Alert(source, outcome.code or "NOTED", "warning", f"{outcome.text}.{cure}")
        elif outcome.state == FAILED:
            code = outcome.code or "INTERNAL"
            if code == "INGEST_FAILED" and source in refused:
                continue  # the files themselves say it better
            cure = f". {catalogue[code].how_to_resolve}" if code in catalogue else ""
            effect = "" if outcome.source else ". Readers keep the last good figures"
            yield Alert(source, code, "error", f"{outcome.name} failed: {outcome.text}{effect}{cure}")


def _sources(settings: Settings) -> set[str]:
    """The sources that there are; what a partner who is gone has left behind is told to nobody."""
    return {path.stem for path in (settings.project / "sources").glob("*.yml")}


def _configuration(settings: Settings) -> Iterator[Alert]:
    """Sources whose YAML cannot be used: nothing of theirs comes in."""
    for path in sorted((settings.project / "sources").glob("*.yml")):
        try:
            load_source(path)
        except SourceConfigError as error:
            text = f"nothing of it is taken in: {Exception.__str__(error)}. `hrtp sources check` says when it is right"
            yield Alert(path.stem, error.code, "error", text)


def _files(settings: Settings) -> Iterator[Alert]:
    """Rejected tables that nothing newer has replaced; of loaded ones the rows that did not load, and warnings."""
    from hrtp.contracts import load_catalogue

    catalogue = load_catalogue(settings.project)
    manifests = _manifests(settings)
    # of a delta feed every file stands behind the figures, not the newest alone
    deltas = [m for m in manifests if m.mode == "delta" and m.state == "loaded"]
    for m in {(m.entity, m.transaction_id): m for m in (*_newest(manifests).values(), *deltas)}.values():
        if m.state == "rejected":
            rule = catalogue.get(m.reason or "")
            why = f"{rule.message} {rule.how_to_resolve}" if rule else "See the log."
            text = f"{m.entity} of {m.data_through_date} ({m.file_name}) was rejected. {why} Last good data stays"
            yield Alert(m.source, m.reason or "REJECTED", "error", text)
        elif m.state == "loaded":
            once = f"{m.transaction_id}/{m.entity}"
            if m.rows_quarantined:
                text = (
                    f"{m.entity} of {m.data_through_date} ({m.file_name}): {m.rows_quarantined} of {m.rows_in} rows "
                    f"did not load; the partner's feedback file says which: hrtp quarantine list {m.source}"
                )
                yield Alert(m.source, "QUARANTINE", "warning", text, n=m.rows_quarantined, once=once)
            yield from _warnings(m, once, {code: rule.message for code, rule in catalogue.items()})


def _warnings(m: Manifest, once: str, messages: Mapping[str, str]) -> Iterator[Alert]:
    rows: Counter[str] = Counter()
    columns: dict[str, set[str]] = {}
    for key, n in m.warnings.items():
        code, _, column = key.partition(":")
        rows[code] += n
        columns.setdefault(code, set()).add(column)
    for code, n in sorted(rows.items()):
        if code not in NOTEWORTHY or n < NOTEWORTHY[code]:
            continue
        if code == "RESTATED" and n < RESTATED_SHARE * m.rows_in:
            continue
        # of a file's form only a change is news: the same form with tomorrow's file is told already
        form = f"{m.source}/{m.entity}/{'/'.join(sorted(columns[code]))}"
        # a column of ours, never a heading as the partner wrote it: where a header is missing, that is a first row
        where = ", ".join(sorted(column for column in columns[code] if column.isidentifier()))
        text = (
            f"{m.entity} of {m.data_through_date} ({m.file_name}): {messages.get(code, 'a warning')} "
            f"{n} times{f', in {where}' if where and len(where) < 200 else ''}"
        )
        yield Alert(m.source, code, "warning", text, n=n, once=form if code in OF_THE_FORM else once)


def _manifests(settings: Settings) -> list[Manifest]:
    """The last word on every file of a source that there is, about which somebody might have to do something."""
    from hrtp.contracts import load_contracts
    from hrtp.ingest import HARMLESS, without_misnamed
    from hrtp.raw import RawZone

    settings.make_zones()
    zone = RawZone(settings, load_contracts(settings.project))
    known = _sources(settings)
    standing = without_misnamed(zone.manifests(zone.version()))
    return [m for m in standing if m.reason not in HARMLESS and m.source in known]


def _newest(manifests: list[Manifest]) -> dict[tuple[str, str], Manifest]:
    """(source, entity) -> its newest table."""
    newest: dict[tuple[str, str], Manifest] = {}
    for m in manifests:
        other = newest.get((m.source, m.entity), m)
        newest[m.source, m.entity] = max(
            other, m, key=lambda x: (x.data_through_date, x.source_sequence, x.file_sha256)
        )
    return newest


def _held(settings: Settings) -> Iterator[Alert]:
    """Files that wait for a person's word, with the commands that give it."""
    from hrtp.contracts import load_catalogue
    from hrtp.holds import list_held

    catalogue = load_catalogue(settings.project)
    known = _sources(settings)
    for held in list_held(settings):
        if held.is_superseded or held.source not in known:
            continue
        message = catalogue[held.reason].message if held.reason in catalogue else held.reason
        text = (
            f"{held.entity} of {held.data_through_date} ({held.file_name}) waits: {message} "
            f"To load it: hrtp approve {held.file_sha256[:12]} --why ... --by ... ; to refuse it: hrtp reject "
            f"{held.file_sha256[:12]} --why ... --by ... ; or in Airflow under Required Actions"
        )
        yield Alert(held.source, held.reason, "error", text)


def _late(settings: Settings) -> Iterator[Alert]:
    """Sources whose newest data is too old, as the published figures say it."""
    from hrtp.marts import MartsOutdated, NotPublished, open_marts, rows

    query = """
        select source, state, reason, data_through_date, days_behind, owner_name
        from source_freshness where state in ('late', 'stale') order by source
    """
    try:
        with open_marts(settings) as connection:
            found = rows(connection, query, [])
    except NotPublished:
        return
    except MartsOutdated as error:
        # nobody must go untold of all else because an upgrade waits for its first build
        yield Alert(NIGHT, error.code, "warning", str(error.args[0]))
        return
    for row in found:
        code = "LATE" if str(row["reason"]).startswith("LATE") else "MISSING"
        days = "nothing has ever come" if row["data_through_date"] is None else f"STALE ({row['days_behind']} days)"
        text = f"{row['reason']}. Figures are {days}, on the last good data; ask {row['owner_name']} for the export"
        yield Alert(str(row["source"]), code, "warning" if row["state"] == "stale" else "error", text)


def _tampered(settings: Settings) -> Iterator[Alert]:
    """Landed files whose bytes are not those that arrived."""
    from hrtp.doctor import audit_landing

    for finding in audit_landing(settings):
        # landing/<source>/<file>
        parts = finding.where.split("/")
        source = parts[1] if len(parts) > 2 else NIGHT
        text = f"{finding.where}: {finding.what}; {finding.way_out}"
        yield Alert(source, finding.code, "error" if finding.severity == "error" else "warning", text)


def _disk(settings: Settings) -> Iterator[Alert]:
    """Whether tomorrow's night has room."""
    from hrtp.build import WAREHOUSE_FILE

    settings.make_zones()
    warehouse = settings.warehouse / WAREHOUSE_FILE
    need = max(LEAST_FREE_BYTES, 3 * (warehouse.stat().st_size if warehouse.exists() else 0))
    if shutil.disk_usage(settings.home).free < need:
        text = f"less than the {need / 1024**3:.1f} GB that a night needs are free under HRTP_HOME: make room before it"
        yield Alert(NIGHT, "LOW_DISK", "error", text)
