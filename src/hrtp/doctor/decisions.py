"""Stewards' decisions in landing: readable, without a gap, for their owner alone, and on records that are there."""

from __future__ import annotations

import json
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hrtp.doctor.model import Finding, error, warn
from hrtp.settings import Settings

if TYPE_CHECKING:
    from hrtp.identity.decision import Decision

_FOLDER = ".identity"
_FROM_BACKUP = "copy it back from the backup of the landing zone, then run `hrtp doctor` again"


def audit_decisions(root: Path) -> Iterator[Finding]:
    """Findings on the decisions of the landing zone ``root``; what stands in them is never shown."""
    folder = root / _FOLDER
    if not folder.exists():
        return
    for path in (folder, folder / "decisions"):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            yield error("IDENTITY_DECISION", _where(root, path), "a link or a file where a folder is", _FROM_BACKUP)
            return
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            way_out = f"chmod 0700 {shlex.quote(str(path))}"
            yield error("PERMISSIONS", _where(root, path), "others may look at stewards' decisions", way_out)
    paths = sorted((folder / "decisions").glob("[0-9]*.json"))
    for path in paths:
        if not _is_readable(path):
            yield error("IDENTITY_DECISION", _where(root, path), "a steward's decision is unreadable", _FROM_BACKUP)
        if stat.S_IMODE(path.stat().st_mode) & 0o377:
            way_out = f"chmod 0400 {shlex.quote(str(path))}"
            yield error("PERMISSIONS", _where(root, path), "a decision is read-only, for its owner alone", way_out)
    if [path.name for path in paths] != [f"{number:06d}.json" for number in range(1, len(paths) + 1)]:
        what = "the decisions are not numbered without a gap: one is missing"
        yield error("IDENTITY_DECISION", _where(root, folder / "decisions"), what, _FROM_BACKUP)
    for path in sorted((folder / "decisions").iterdir() if (folder / "decisions").is_dir() else []):
        if path not in paths and not path.name.endswith(".part"):
            what = "not of the warehouse's making"
            yield warn("LANDING_STRANGER", _where(root, path), what, "find out where it comes from, then move it away")


def examine_decisions(settings: Settings) -> Iterator[Finding]:
    """Decisions in force on records that identity does not know; such a decision waits, and does nothing."""
    import pyarrow.parquet as pq

    from hrtp.identity.decision import RecordId
    from hrtp.identity.decisions import Decisions
    from hrtp.identity.files import KEYS_FILE, built_as_of

    keys = settings.identity / KEYS_FILE
    decisions = Decisions(settings.landing)
    if built_as_of(settings) is None or not keys.exists() or any(_unreadable(decisions.files.folder)):
        return
    standing: list[Decision] = list(decisions.in_force().values())
    if not standing:
        return
    ids = pq.read_table(keys, columns=["source", "record_type", "record_id"])
    known = set(map(RecordId, *(column.to_pylist() for column in ids.columns)))
    for decision in standing:
        if decision.left not in known or decision.right not in known:
            where = f"landing/{_FOLDER}/decisions/{decision.number:06d}.json"
            what = "a decision on a record that is in no accepted export; it does nothing until the record comes"
            yield warn("DECISION_DANGLING", where, what, "hrtp identity decisions shows it; approve or load the export")


def _unreadable(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("[0-9]*.json") if not _is_readable(path))


def _is_readable(path: Path) -> bool:
    from hrtp.identity.decisions import FIELDS, decision_of, is_forgotten

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if set(document) != set(FIELDS) or document["number"] != int(path.stem):
            return False
        if not is_forgotten(document):
            decision_of(document)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _where(root: Path, path: Path) -> str:
    return f"landing/{path.relative_to(root)}"
