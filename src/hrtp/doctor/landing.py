"""The landing zone: is every byte the one that arrived, and does the order of the nights still make sense?"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Generator, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hrtp.doctor.decisions import audit_decisions
from hrtp.doctor.model import Finding, error, warn
from hrtp.landing import file_sha256, read_again
from hrtp.settings import Settings

#: What a landed file is called.
LANDED_NAME = re.compile(r"[0-9a-f]{64}$")
_AGAIN = re.compile(r"([0-9a-f]{64})\.(\d+)\.again$")
_SIDECAR = re.compile(r"([0-9a-f]{64})\.json$")
_FROM_BACKUP = "copy it back from the backup of the landing zone, then run `hrtp doctor` again"
_ASK = "copy it back from the backup of the landing zone; without one ask the partner for the export again"


def audit_landing(settings: Settings, folder: Path | None = None) -> list[Finding]:
    """Compare every landed file with its name, and every note with the files that it speaks of.

    Args:
        settings: where the zone is.
        folder: another landing folder, such as a backup.
    """
    root = folder or settings.landing
    found: list[Finding] = []
    if not root.is_dir():
        return found
    for source in sorted(path for path in root.iterdir() if not path.name.startswith(".")):
        if source.is_symlink() or not source.is_dir():
            found.append(_stranger(root, source))
            continue
        found.extend(_Source(root, source).findings())
    found.extend(audit_decisions(root))
    return found


class _Source:
    """The folder of one source."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._sidecars: dict[str, dict[str, Any]] = {}
        self._names: set[str] = set()

    def _where(self, path: Path) -> str:
        return f"landing/{path.relative_to(self._root)}"

    def findings(self) -> Iterator[Finding]:
        paths = sorted(self._folder.iterdir())
        yield from self._read_sidecars(paths)
        for path in paths:
            if path.is_symlink():
                yield _stranger(self._root, path)
            elif LANDED_NAME.match(path.name):
                yield from self._bytes(path)
            elif found := _AGAIN.match(path.name):
                yield from self._again(path, found[1])
            elif not (_SIDECAR.match(path.name) or path.name.startswith(".") or path.is_dir()):
                yield _stranger(self._root, path)
        for sha in self._sidecars:
            if not (self._folder / sha).exists():
                yield error("LANDING_MISSING", self._where(self._folder / sha), "a landed file is gone", _ASK)
        yield from self._order()

    def _read_sidecars(self, paths: list[Path]) -> Iterator[Finding]:
        for path in paths:
            found = _SIDECAR.match(path.name)
            if found is None:
                continue
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                date.fromisoformat(document["data_through"])
                received = datetime.fromisoformat(document["received_at"])
                is_right = (
                    (document["sha256"], document["source"]) == (found[1], self._folder.name)
                    and received.tzinfo is not None
                    and isinstance(document["size"], int)
                    and isinstance(document["source_sequence"], int)
                    and isinstance(document["entities"], list)
                )
            except (OSError, ValueError, KeyError, TypeError):
                is_right, document = False, {}
            self._sidecars[found[1]] = document
            if not is_right:
                yield error(
                    "LANDING_SIDECAR", self._where(path), "the note on a landed file does not fit it", _FROM_BACKUP
                )

    def _bytes(self, path: Path) -> Iterator[Finding]:
        where = self._where(path)
        if path.name not in self._sidecars:
            yield warn(
                "LANDING_NO_SIDECAR",
                where,
                "bytes without a note, as a kill in the middle of an arrival leaves them",
                f"run `hrtp ingest {self._folder.name}`: the partner's file is fetched again",
            )
        try:
            is_same = file_sha256(path) == path.name
        except OSError:
            is_same = False
        if not is_same:
            yield error(
                "TAMPERED",
                where,
                "the bytes are not those that arrived: changed by somebody, or by the disk",
                _ASK + "; find out who or what changed it",
            )
        elif self._sidecars.get(path.name, {}).get("size", path.stat().st_size) != path.stat().st_size:
            yield error("LANDING_SIDECAR", where + ".json", "the note says another size", _FROM_BACKUP)
        if path.stat().st_mode & 0o377:
            yield warn(
                "LANDING_WRITABLE",
                where,
                "a landed file is read-only, for its owner alone",
                f"chmod 0400 {shlex.quote(str(path))}",
            )
        if not (self._root / ".claims" / path.name).exists() and path.name in self._sidecars:
            yield error("LANDING_CLAIM", where, "nothing says which source delivered these bytes first", _FROM_BACKUP)

    def _again(self, path: Path, sha: str) -> Iterator[Finding]:
        try:
            again = read_again(path)
            is_right = sha in self._sidecars and (not again.entities or path.name == f"{again.name_of(sha)}.again")
            self._names |= {again.name_of(sha)} if again.entities else set()
        except (OSError, ValueError, TypeError, KeyError):
            is_right = False
        if not is_right:
            yield error(
                "LANDING_AGAIN", self._where(path), "a note on bytes that came again is unreadable", _FROM_BACKUP
            )

    def _order(self) -> Iterator[Finding]:
        batches = yield from self._documents("batches", {"number": int, "files": list})
        decisions = yield from self._documents("decisions", {"number": int, "after_batch": int, "file_sha256": str})
        folder = self._folder / "batches"
        members = Counter(sha for batch in batches.values() for sha in batch["files"])
        numbers = list(batches)
        if numbers != list(range(1, len(numbers) + 1)):
            yield error("LANDING_BATCH", self._where(folder), "the nights are not numbered without a gap", _FROM_BACKUP)
        for sha, count in members.items():
            if count > 1 or sha not in self._sidecars:
                what = "a file belongs to two nights" if count > 1 else "a night names a file that never landed"
                yield error("LANDING_BATCH", self._where(folder), f"{what}: {sha[:12]}", _FROM_BACKUP)
        is_complete = len(batches) == len(list(folder.glob("[0-9]*.json")))
        judged = {*members, *(note for batch in batches.values() for note in batch.get("renamed", ()))}
        for name in (*self._sidecars, *sorted(self._names)):
            if name not in judged and is_complete:
                yield warn(
                    "LANDING_UNJUDGED",
                    self._where(self._folder / name),
                    "landed, but in no night yet: an ingest was cut short",
                    f"run `hrtp ingest {self._folder.name}`",
                )
        for path in sorted(self._folder.glob("verdicts/*.json")):
            try:
                is_right = isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
            except (OSError, ValueError):
                is_right = False
            if not is_right or path.stem not in self._sidecars:
                yield error("LANDING_VERDICT", self._where(path), "a kept verdict fits no landed file", _FROM_BACKUP)
        for number, decision in decisions.items():
            if decision["file_sha256"] not in self._sidecars or decision["after_batch"] not in {0, *batches}:
                yield error(
                    "LANDING_DECISION",
                    self._where(self._folder / "decisions" / f"{number:06d}.json"),
                    "an operator's word on a file or a night that is not there",
                    _FROM_BACKUP,
                )

    def _documents(self, name: str, fields: dict[str, type]) -> Generator[Finding, None, dict[int, dict[str, Any]]]:
        found: dict[int, dict[str, Any]] = {}
        for path in sorted((self._folder / name).glob("[0-9]*.json")):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                is_right = all(isinstance(document[field], kind) for field, kind in fields.items())
                is_right = is_right and document["number"] == int(path.stem)
            except (OSError, ValueError, KeyError, TypeError):
                is_right = False
            if is_right:
                found[document["number"]] = document
            else:
                code = "LANDING_BATCH" if name == "batches" else "LANDING_DECISION"
                yield error(code, self._where(path), "unreadable", _FROM_BACKUP)
        return found


def _stranger(root: Path, path: Path) -> Finding:
    return warn(
        "LANDING_STRANGER",
        f"landing/{path.relative_to(root)}",
        "not of the warehouse's making: a link, or a file that no arrival leaves",
        "find out where it comes from, then move it out of the landing zone",
    )
