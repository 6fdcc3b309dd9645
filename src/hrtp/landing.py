"""The landing zone: a partner's bytes as they came, named by their sha256, read-only, never changed.

``landing/<source>/<sha256>`` holds the bytes, ``<sha256>.json`` beside it what is known of their first arrival.
Everything behind this zone can be built again from it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from hrtp.sources import SourceConfig

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
_COPY_MARK = re.compile(r"(\s*\(\d+\)|[ _-]copy)$", re.IGNORECASE)


@dataclass(frozen=True)
class FileName:
    """What a file's name says: the entities it may hold, the day its data runs through, its number on that day."""

    entities: tuple[str, ...]
    data_through: date
    sequence: int


@dataclass(frozen=True)
class LandedFile:
    """One set of bytes that a source delivered, at its first arrival.

    ``received_at`` is UTC; ``source_sequence`` numbers the files of a source in the order of arrival.
    """

    source: str
    sha256: str
    file_name: str
    entities: tuple[str, ...]
    data_through: date
    name_sequence: int
    received_at: datetime
    source_sequence: int
    size: int

    @property
    def received_date(self) -> date:
        """The day of arrival in Los Angeles."""
        return self.received_at.astimezone(LOS_ANGELES).date()


def parse_file_name(name: str, source: SourceConfig, entities: tuple[str, ...]) -> FileName | None:
    """Match ``name`` against the canonical names and those that the source declares; None where nothing fits.

    ``entities`` are those of the source's kind. Case, blanks and a browser's ``(1)`` are looked past (fault T27).
    """
    path = PurePath(name.strip())
    stem = _COPY_MARK.sub("", path.stem.strip())
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".txt", ".xlsx", ".xlsm", ".xls", ".zip"}:
        return None
    declared: dict[str, tuple[str, ...]] = {}
    for entity in entities:
        pattern = source.mapping(entity).file
        if pattern is not None:
            declared[pattern] = (*declared.get(pattern, ()), entity)
    for pattern, holds in declared.items():
        found = _match(PurePath(pattern).stem, stem)
        if found is not None:
            return FileName(holds, *found)
    found = _match(f"{source.source}_{{date}}", stem)
    if found is not None and suffix != ".csv":
        return FileName(entities, *found)
    for entity in entities:
        found = _match(f"{entity}_{{date}}", stem)
        if found is not None:
            return FileName((entity,), *found)
    return None


def has_declared_name(name: str, source: SourceConfig, entity: str) -> bool:
    """Whether ``name`` is the source's own for ``entity``; always so where the source declares none."""
    pattern = source.mapping(entity).file
    stem = _COPY_MARK.sub("", PurePath(name.strip()).stem.strip())
    return pattern is None or _match(PurePath(pattern).stem, stem) is not None


def _match(pattern: str, stem: str) -> tuple[date, int] | None:
    before, after = (re.escape(part) for part in pattern.split("{date}"))
    match = re.fullmatch(rf"{before}(\d{{8}}){after}(?:[_-](\d{{1,3}}))?", stem, re.IGNORECASE)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d").date(), int(match[2] or 0)
    except ValueError:
        return None


class Landing:
    """The landing folder of one source; use it under ``lock()``."""

    def __init__(self, root: Path, source: str) -> None:
        self.folder = root / source
        self.root = root
        self.source = source
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One ingest of a source at a time, also against a zombie copy of its task; released by the kernel."""
        with (self.folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def incoming(self) -> Path:
        """A fresh path for a download; leftovers of killed runs are swept."""
        folder = self.folder / ".incoming"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        return folder / uuid.uuid4().hex

    def files(self) -> list[LandedFile]:
        """All landed files, in the order in which they are to be loaded: day, number on that day, arrival."""
        found = [_read_sidecar(path) for path in self.folder.glob("*.json")]
        return sorted(found, key=lambda f: (f.data_through, f.name_sequence, f.source_sequence))

    def known(self, sha256: str) -> bool:
        """Whether these bytes have arrived from this source before."""
        return (self.folder / f"{sha256}.json").exists()

    def other_source_of(self, sha256: str) -> str | None:
        """Another source that delivered the same bytes (fault T10)."""
        for sidecar in sorted(self.root.glob(f"*/{sha256}.json")):
            if sidecar.parent.name != self.source:
                return sidecar.parent.name
        return None

    def keep(self, path: Path, name: str, parsed: FileName) -> LandedFile | None:
        """Move a complete download into the zone; None where the same bytes are there already.

        Bytes that come again under a later day keep a note of that day: the partner says that they still hold.
        """
        digest = file_sha256(path)
        if self.known(digest):
            path.unlink()
            first = _read_sidecar(self.folder / f"{digest}.json")
            if parsed.data_through > first.data_through:
                self._note_again(digest, parsed.data_through)
            return None
        landed = LandedFile(
            source=self.source,
            sha256=digest,
            file_name=name,
            entities=parsed.entities,
            data_through=parsed.data_through,
            name_sequence=parsed.sequence,
            received_at=datetime.now(UTC).replace(microsecond=0),
            source_sequence=1 + sum(1 for _ in (*self.folder.glob("*.json"), *self.folder.glob("*.again"))),
            size=path.stat().st_size,
        )
        path.chmod(0o400)
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(path, self.folder / digest)
        sidecar = asdict(landed) | {
            "data_through": landed.data_through.isoformat(),
            "received_at": landed.received_at.isoformat(),
        }
        write_atomically(self.folder / f"{digest}.json", json.dumps(sidecar, indent=1).encode(), 0o400)
        return landed

    def _note_again(self, digest: str, day: date) -> None:
        note = self.folder / f"{digest}.{day:%Y%m%d}.again"
        if not note.exists():
            number = 1 + sum(1 for _ in (*self.folder.glob("*.json"), *self.folder.glob("*.again")))
            write_atomically(note, str(number).encode(), 0o400)

    def days_again(self, landed: LandedFile) -> dict[date, int]:
        """Later days under which the same bytes came again, each with its place in the order of arrival."""
        return {
            datetime.strptime(note.name.split(".")[1], "%Y%m%d").date(): int(note.read_text())
            for note in sorted(self.folder.glob(f"{landed.sha256}.*.again"))
        }

    def read(self, landed: LandedFile) -> bytes:
        """The bytes of a landed file."""
        return (self.folder / landed.sha256).read_bytes()


def _read_sidecar(path: Path) -> LandedFile:
    document = json.loads(path.read_text())
    document["entities"] = tuple(document["entities"])
    document["data_through"] = date.fromisoformat(document["data_through"])
    document["received_at"] = datetime.fromisoformat(document["received_at"])
    return LandedFile(**document)


def file_sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write beside, fsync, then rename over: a reader sees the old bytes or the new ones."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
