"""Feedback onto disk: one workbook and one CSV a file that was not perfect, and the list of what is still open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from hrtp.errors import HrtpError, no_values_in_errors
from hrtp.feedback import words
from hrtp.feedback.collect import Evidence, report_of
from hrtp.feedback.flat import feedback_csv, to_csv
from hrtp.feedback.model import OVERVIEW, FeedbackResult, FileReport, Status
from hrtp.ingest import source_config
from hrtp.landing import write_atomically
from hrtp.locks import exclusive
from hrtp.raw import Manifest
from hrtp.settings import Settings

_MADE = ".made.json"
#: What of a source's configuration no feedback depends on.
_NOT_TOLD = {"transport", "feedback", "schedule", "tags", "retries", "timeout_minutes", "deadline_minutes"}
_STATUS_WORDS: dict[Status, str] = {
    "open": "OPEN",
    "replaced": "REPLACED: work on the newer file's feedback",
    "settled": "SETTLED: nothing left to do",
    "information": "FOR INFORMATION",
}
_OVERVIEW_HEADINGS = (
    "Status",
    "Your file",
    "Data through",
    "Received",
    "What we did",
    "Rows to fix",
    "By when",
    "Feedback",
    "Newer file",
)


class FeedbackFailed(HrtpError):
    """A source's feedback could not be written; its data is as it was."""

    code = "FEEDBACK_FAILED"


def write_feedback(source_id: str, settings: Settings) -> FeedbackResult:
    """Write the feedback of every file of ``source_id`` that was not perfect to ``settings.feedback/<source>/``.

    A pure function of raw, landing and configuration: run again, it writes the same bytes, or nothing where they are
    there. A file that is settled by now keeps its feedback; the overview says so.

    Raises:
        SourceConfigError: there is no such source.
        FeedbackFailed: an unforeseen error, without its text.
    """
    source = source_config(source_id, settings)
    settings.make_zones()
    with no_values_in_errors(FeedbackFailed, f"feedback of {source_id}"), folder_of(source_id, settings) as folder:
        return _write(Evidence(source, settings), settings, folder)


@contextmanager
def folder_of(source_id: str, settings: Settings) -> Iterator[Path]:
    """The source's feedback folder, for one writer or deliverer at a time."""
    folder = settings.feedback / source_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with exclusive(folder / ".lock", f"feedback of {source_id}"):
        yield folder


def _write(evidence: Evidence, settings: Settings, folder: Path) -> FeedbackResult:
    result = FeedbackResult(evidence.source.source)
    made = _read_json(folder / _MADE)
    rules = _rules(evidence, settings)
    statuses = evidence.statuses()
    overview: list[tuple[Any, ...]] = []
    for manifests in evidence.files.values():
        stem = _empty_report(evidence, manifests).stem
        paths = [folder / f"{stem}.xlsx", folder / f"{stem}.csv"]
        # what was told once is told anew when it has changed for the better
        if not any(evidence.is_noteworthy(m) for m in manifests) and not paths[0].exists():
            continue
        fingerprint = _sha256(rules, *(m.to_json().encode() for m in manifests))
        if made.get(stem) != [fingerprint, *map(_file_sha256, paths)]:
            from hrtp.feedback.book import feedback_book

            report = report_of(evidence, manifests)
            for path, data in zip(
                paths, (feedback_book(report, settings.data_desk), feedback_csv(report)), strict=True
            ):
                result.written += _put(path, data)
            made[stem] = [fingerprint, *map(_file_sha256, paths)]
        result.files += paths
        status, newer = _standing(manifests, statuses)
        result.statuses[status] += 1
        if status == "open":
            result.rows_to_fix += sum(m.rows_quarantined for m in manifests)
        overview.append((status, _empty_report(evidence, manifests), newer))
    if overview:
        path = folder / OVERVIEW
        result.written += _put(path, _overview(overview))
        result.files.append(path)
    _put(folder / _MADE, json.dumps(made, indent=1, sort_keys=True).encode())
    return result


def _empty_report(evidence: Evidence, manifests: list[Manifest]) -> FileReport:
    return report_of(evidence, manifests, with_lines=False)


def _standing(
    manifests: list[Manifest], statuses: dict[tuple[str, str], tuple[Status, str | None]]
) -> tuple[Status, list[str]]:
    """Of a file with several tables the most pressing status, and the newer files that changed it."""
    found = [statuses[m.entity, m.file_sha256] for m in manifests]
    order: tuple[Status, ...] = ("open", "replaced", "settled", "information")
    status = min((status for status, _ in found), key=order.index)
    return status, sorted({newer for _, newer in found if newer})


def _overview(files: Sequence[tuple[Status, FileReport, list[str]]]) -> bytes:
    """Open ones first, then the newest."""
    order = list(_STATUS_WORDS)
    ranked = sorted(files, key=lambda f: (f[1].data_through, f[1].received_at, f[1].stem), reverse=True)
    rows = []
    for status, report, newer in sorted(ranked, key=lambda f: (f[0] != "open", order.index(f[0]) == 3)):
        by: date | None = words.act_by(report) if status == "open" else None
        rows.append(
            (
                _STATUS_WORDS[status],
                report.file_name,
                report.data_through.isoformat(),
                words.moment(report.received_at),
                words.verdict(report)[1],
                sum(t.manifest.rows_quarantined for t in report.tables),
                by.isoformat() if by else "",
                f"{report.stem}.xlsx",
                ", ".join(newer),
            )
        )
    return to_csv(_OVERVIEW_HEADINGS, rows)


def _rules(evidence: Evidence, settings: Settings) -> bytes:
    """Changes when the same manifests would be told in other words: configuration, contract, or this package."""
    parts = [evidence.source.model_dump_json(exclude=_NOT_TOLD).encode(), settings.data_desk.encode()]
    parts += [contract.model_dump_json().encode() for contract in evidence.contracts.values()]
    parts += [family.model_dump_json().encode() for family in evidence.catalogue.values()]
    parts += [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return _sha256(*parts).encode()


def _put(path: Path, data: bytes) -> list[Path]:
    """Write where it differs; the paths that were written."""
    if path.exists() and path.read_bytes() == data:
        return []
    write_atomically(path, data)
    return [path]


def _sha256(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _file_sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _read_json(path: Path) -> dict[str, Any]:
    """A note of our own; one that cannot be read is as good as none, and everything is made anew."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
