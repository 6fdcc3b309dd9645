"""What a forgetting will do, written down before it begins; whoever finds it brings it to its end.

The plan names files by sha256 and people by keyed tokens: nobody can read in it who is to be forgotten.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from hrtp.identity.decisions import Decisions
from hrtp.identity.files import REVIEWS
from hrtp.landing import LandedFile, Landing, Pinned, sync_folder, write_atomically
from hrtp.landing.zone import CLAIMS
from hrtp.raw import Manifest
from hrtp.redaction import Redacted, Suppression
from hrtp.settings import Settings
from hrtp.steps import step

STAGED = "staged"
#: By source, file and entity: state, reason, detail, place in the order of arrival.
Verdicts = dict[str, dict[str, dict[str, list[Any]]]]


@dataclass(frozen=True)
class PlannedFile:
    """One landed file that will be replaced."""

    source: str
    old: str
    new: str
    size: int
    rows: int
    is_removed: bool


@dataclass(frozen=True)
class Plan:
    """One forgetting. ``verdicts``: by source and file (its sha256 afterwards), what was decided on each entity.

    ``decisions``: numbers of the stewards' decisions that speak of the person.
    """

    id: str
    at: str
    by: str
    why: str
    as_of: date
    tokens: tuple[str, ...]
    files: tuple[PlannedFile, ...]
    verdicts: Verdicts = field(default_factory=dict)
    decisions: tuple[int, ...] = ()

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self) | {"as_of": self.as_of.isoformat()}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """As it was kept."""
        document: dict[str, Any] = json.loads(text)
        document["files"] = tuple(PlannedFile(**item) for item in document["files"])
        document["as_of"] = date.fromisoformat(document["as_of"])
        for name in ("tokens", "decisions"):
            document[name] = tuple(document.get(name, ()))
        return cls(**document)

    def entry(self) -> dict[str, object]:
        """The line of the audit trail: the fact, not the person."""
        return {
            "id": self.id,
            "at": self.at,
            "by": self.by,
            "why": self.why,
            "sources": sorted({f.source for f in self.files}),
            "files": len(self.files),
            "files_removed": sum(f.is_removed for f in self.files),
            "rows": sum(f.rows for f in self.files),
            "decisions": len(self.decisions),
        }


def stage(
    suppression: Suppression, landed: LandedFile, again: Callable[[int], Redacted | None], taken: set[str]
) -> PlannedFile | None:
    """Lay the new bytes ready; None where the file is not theirs.

    ``again`` redacts the file, another number giving other bytes: ``taken`` are hashes that other files have, and an
    export that differed from another in this person alone must not become one file with it.
    """
    number = 0
    while (outcome := again(number)) is not None:
        new = hashlib.sha256(outcome.data).hexdigest()
        if new not in taken:
            break
        number += 1
    if outcome is None:
        return None
    taken.add(new)
    folder = suppression.folder / STAGED
    folder.mkdir(mode=0o700, exist_ok=True)
    write_atomically(folder / new, outcome.data, 0o400)
    return PlannedFile(landed.source, landed.sha256, new, len(outcome.data), outcome.rows, outcome.is_removed)


def read_plan(suppression: Suppression) -> Plan | None:
    """The forgetting that has begun, if any."""
    return Plan.from_json(suppression.plan.read_text(encoding="utf-8")) if suppression.plan.exists() else None


def apply(plan: Plan, settings: Settings, suppression: Suppression) -> None:
    """Bring landing to the state of the plan; may be done again at any point.

    Landings and stewards' decisions are locked by the caller. Lists that stewards fill in go with it, all of them.
    """
    # before any file is let go: from here on nobody can bring the person in again
    suppression.add(plan.tokens, {f.old: f.new for f in plan.files})
    step("forget.suppressed")
    for planned in plan.files:
        _replace(planned, settings, suppression.folder / STAGED / planned.new)
        step("forget.file_replaced")
    for source, files in plan.verdicts.items():
        landing = Landing(settings.landing, source)
        for sha, verdicts in files.items():
            landing.pin(sha, {entity: Pinned(*v) for entity, v in verdicts.items()})
    for folder in _source_folders(settings.landing):
        _sweep(folder)
    Decisions(settings.landing).forget(plan.decisions)
    # nobody can say what a spreadsheet program has kept in them; a new list is one command
    shutil.rmtree(settings.identity / REVIEWS, ignore_errors=True)
    step("forget.landing_done")


def _replace(planned: PlannedFile, settings: Settings, staged: Path) -> None:
    landing = Landing(settings.landing, planned.source)
    folder = landing.folder
    old_note = folder / f"{planned.old}.json"
    if staged.exists():
        os.replace(staged, folder / planned.new)
        sync_folder(folder)
    _carry_over(folder, planned)
    claims = settings.landing / CLAIMS
    if (claims / planned.old).exists():
        os.replace(claims / planned.old, claims / planned.new)
    if old_note.exists():
        document = json.loads(old_note.read_text(encoding="utf-8"))
        notes = document.pop("notes", {}) | {
            "redacted_from": planned.old,
            "rows_redacted": planned.rows,
            "is_removed": planned.is_removed,
        }
        document |= {"sha256": planned.new, "size": planned.size, "notes": notes}
        write_atomically(folder / f"{planned.new}.json", json.dumps(document, indent=1).encode(), 0o400)
        old_note.unlink()
    (folder / planned.old).unlink(missing_ok=True)
    sync_folder(folder)


def _carry_over(folder: Path, planned: PlannedFile) -> None:
    """Batches, decisions, verdicts and later days speak of the new file."""
    for path in sorted(folder.glob("*/[0-9]*.json")):
        text = path.read_text(encoding="utf-8")
        if planned.old in text:
            write_atomically(path, text.replace(planned.old, planned.new).encode(), 0o400)
    for path in (*folder.glob(f"{planned.old}.*.again"), *folder.glob(f"verdicts/{planned.old}.json")):
        os.replace(path, path.with_name(path.name.replace(planned.old, planned.new)))


def _source_folders(landing: Path) -> list[Path]:
    return sorted(p for p in landing.iterdir() if p.is_dir() and not p.name.startswith("."))


def _sweep(folder: Path) -> None:
    """What a killed run has left: half a download, half a note, bytes that never got their note."""
    for path in (folder / ".incoming").glob("*"):
        path.unlink()
    for path in folder.rglob(".*.part"):
        path.unlink()
    for path in folder.iterdir():
        if len(path.name) == 64 and not (folder / f"{path.name}.json").exists():
            path.unlink()


#: Refusals that a file's rows, or its neighbours, may have earned. The others (a header, an encoding) stand in what is
#: left, and a better mapping may still cure them.
_EARNED_BY_ROWS = frozenset(
    {
        "AMBIGUOUS",
        "CROSS_SOURCE_DUPLICATE",
        "EMPTY_EXPORT",
        "OPERATOR_REJECTED",
        "OUT_OF_ORDER",
        "RAGGED",
        "ROWCOUNT",
        "TRUNCATED",
        "WRONG_SOURCE",
    }
)


def verdicts_of(manifests: list[Manifest], files: list[PlannedFile]) -> Verdicts:
    """What stands, for every file of the sources that change: fewer rows must not turn a verdict on others' rows."""
    now = {(f.source, f.old): f for f in files}
    found: Verdicts = {source: {} for source in sorted({f.source for f in files})}
    for m in manifests:
        if m.source not in found:
            continue
        planned = now.get((m.source, m.file_sha256))
        is_removed = planned is not None and planned.is_removed
        if m.state == "rejected" and m.reason not in _EARNED_BY_ROWS and not is_removed:
            continue
        sha = planned.new if planned is not None else m.file_sha256
        found[m.source].setdefault(sha, {})[m.entity] = [m.state, m.reason, m.detail, m.source_sequence]
    return found


def end(plan: Plan, suppression: Suppression) -> None:
    """Keep the fact, and let go of the plan."""
    suppression.log(plan.entry())
    step("forget.logged")
    shutil.rmtree(suppression.folder / STAGED, ignore_errors=True)
    suppression.plan.unlink()
    sync_folder(suppression.folder)


def write_plan(plan: Plan, suppression: Suppression) -> None:
    """From here on the forgetting will be brought to its end."""
    write_atomically(suppression.plan, plan.to_json().encode())
    step("forget.planned")


def sweep_staged(suppression: Suppression) -> None:
    """Bytes that a killed run laid ready for a plan that it never wrote."""
    shutil.rmtree(suppression.folder / STAGED, ignore_errors=True)


def tokens_of(suppression: Suppression, own: Mapping[str, set[str]], states: set[str]) -> tuple[str, ...]:
    """Tokens of all ids, in a fixed order."""
    found = {suppression.own_token(source, value) for source, values in own.items() for value in values}
    return tuple(sorted(found | {suppression.state_token(state) for state in states}))
