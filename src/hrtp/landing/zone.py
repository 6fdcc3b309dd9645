"""The landing folder of one source: keeping bytes once, and giving them back unharmed."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hrtp.errors import HrtpError
from hrtp.landing.durable import file_sha256, sync_folder, write_atomically
from hrtp.landing.ledger import Batch, Ledger
from hrtp.landing.names import FileName
from hrtp.locks import exclusive
from hrtp.steps import step

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
CLAIMS = ".claims"


class TamperedError(HrtpError):
    """Landed bytes are not those that were landed."""

    code = "TAMPERED"


class Pinned(NamedTuple):
    """A verdict that stands whatever the rows say now: ``loaded``, ``held`` or ``rejected``, and why."""

    state: str
    reason: str | None
    detail: str | None
    #: Place in the order of arrival of the name under which it was decided; None for any.
    source_sequence: int | None = None


@dataclass(frozen=True)
class LandedFile:
    """One set of bytes that a source delivered, at its first arrival.

    ``received_at`` is UTC; ``source_sequence`` numbers the files of a source in the order of arrival; ``warnings`` are
    reason codes of how it lay at the partner's (PERMS).
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
    warnings: tuple[str, ...] = ()

    @property
    def received_date(self) -> date:
        """The day of arrival in Los Angeles."""
        return self.received_at.astimezone(LOS_ANGELES).date()

    @property
    def says(self) -> tuple[tuple[str, ...], date, int]:
        """What the name says of the bytes: the entities, the day, the number on that day."""
        return self.entities, self.data_through, self.name_sequence


@dataclass(frozen=True)
class Again:
    """Bytes that were here came again under this name. Notes of an older release know day and number alone."""

    source_sequence: int
    file_name: str
    entities: tuple[str, ...]
    data_through: date
    name_sequence: int
    received_at: datetime | None

    def name_of(self, sha256: str) -> str:
        """By which a batch names it."""
        return f"{sha256}.{self.source_sequence}"

    def of(self, first: LandedFile) -> LandedFile:
        """The landed file as this name has it."""
        known = {name: value for name, value in self.__dict__.items() if value}
        return replace(first, **known | {"name_sequence": self.name_sequence})


def days_again(landed: LandedFile, notes: Iterable[Again]) -> dict[date, tuple[int, int]]:
    """Later days under which the same bytes came again: the number in that name, the place in order of arrival."""
    found: dict[date, tuple[int, int]] = {}
    for again in notes:
        if again.data_through > landed.data_through and again.entities in ((), landed.entities):
            found.setdefault(again.data_through, (again.name_sequence, again.source_sequence))
    return found


class Landing:
    """The landing folder of one source; use it under ``lock()``."""

    def __init__(self, root: Path, source: str) -> None:
        self.folder = root / source
        self.root = root
        self.source = source
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.ledger = Ledger(self.folder)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One ingest of a source at a time, also against a zombie copy of its task; released by the kernel."""
        with exclusive(self.folder / ".lock", f"ingest of {self.source}"):
            # whatever was counted before the lock was had may be old
            self.__dict__.pop("_last_sequence", None)
            yield

    def incoming(self) -> Path:
        """A fresh path for a download; leftovers of killed runs are swept."""
        folder = self.folder / ".incoming"
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        return folder / uuid.uuid4().hex

    def files(self) -> list[LandedFile]:
        """All landed files by day, number on that day, arrival."""
        found = [_read_sidecar(path) for path in self.folder.glob("*.json")]
        return sorted(found, key=lambda f: (f.data_through, f.name_sequence, f.source_sequence))

    def known(self, sha256: str) -> bool:
        """Whether these bytes have arrived from this source before."""
        return (self.folder / f"{sha256}.json").exists()

    def other_source_of(self, sha256: str) -> str | None:
        """Another source that delivered the same bytes before this one (fault T10)."""
        claim = self.root / CLAIMS / sha256
        first = claim.read_text(encoding="utf-8") if claim.exists() else self.source
        return first if first != self.source else None

    def keep(self, path: Path, name: str, parsed: FileName, warnings: tuple[str, ...] = ()) -> LandedFile | None:
        """Move a complete download into the zone; None where the same bytes are there already.

        Bytes that come again under a name that says something else keep a note of it: under a later day the partner
        says that they still hold, and a name that was wrong is mended without a new export.
        """
        digest = file_sha256(path)
        if self.known(digest):
            path.unlink()
            self._note_again(digest, name, parsed)
            return None
        landed = LandedFile(
            source=self.source,
            sha256=digest,
            file_name=name,
            entities=parsed.entities,
            data_through=parsed.data_through,
            name_sequence=parsed.sequence,
            received_at=_now(),
            source_sequence=self._next_sequence(),
            size=path.stat().st_size,
            warnings=warnings,
        )
        self._claim(digest)
        step("landing.claimed")
        path.chmod(0o400)
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(path, self.folder / digest)
        step("landing.bytes_kept")
        self.write_sidecar(landed)
        step("landing.sidecar_written")
        return landed

    def write_sidecar(self, landed: LandedFile, **more: object) -> None:
        """Write what is known of a file's first arrival; ``more`` is kept beside it for people."""
        document = asdict(landed) | {
            "data_through": landed.data_through.isoformat(),
            "received_at": landed.received_at.isoformat(),
        }
        if more:
            document["notes"] = more
        path = self.folder / f"{landed.sha256}.json"
        write_atomically(path, json.dumps(document, indent=1).encode(), 0o400)

    def _claim(self, digest: str) -> None:
        """Whoever is first keeps the claim for ever, so that a race of two sources has one winner."""
        folder = self.root / CLAIMS
        folder.mkdir(mode=0o700, exist_ok=True)
        part = folder / f".{uuid.uuid4().hex}.part"
        part.write_text(self.source, encoding="utf-8")
        part.chmod(0o400)
        try:
            (folder / digest).hardlink_to(part)
        except FileExistsError:
            pass
        finally:
            part.unlink()
        sync_folder(folder)

    @cached_property
    def _last_sequence(self) -> int:
        arrivals = (json.loads(path.read_text())["source_sequence"] for path in self.folder.glob("*.json"))
        repeats = (again.source_sequence for notes in self.notes().values() for again in notes)
        return max((*arrivals, *repeats), default=0)

    def _next_sequence(self) -> int:
        self._last_sequence += 1
        return self._last_sequence

    def _note_again(self, digest: str, name: str, parsed: FileName) -> None:
        first, now = _read_sidecar(self.folder / f"{digest}.json"), _now()
        said = [first, *(again.of(first) for again in self.notes(digest).get(digest, ()))]
        alike = [one for one in said if one.says == (parsed.entities, parsed.data_through, parsed.sequence)]
        # a day that lay ahead and has come is news, although the name is the same
        has_come = alike and alike[-1].received_date < parsed.data_through <= now.astimezone(LOS_ANGELES).date()
        if alike and not has_come:
            return
        again = Again(self._next_sequence(), name, parsed.entities, parsed.data_through, parsed.sequence, now)
        document = asdict(again) | {"data_through": again.data_through.isoformat(), "received_at": now.isoformat()}
        note = self.folder / f"{again.name_of(digest)}.again"
        write_atomically(note, json.dumps(document, indent=1).encode(), 0o400)
        step("landing.again_noted")

    def notes(self, sha256: str = "*") -> dict[str, list[Again]]:
        """The names under which bytes came again, by the sha256 of the bytes, in the order of arrival."""
        found: dict[str, list[Again]] = {}
        for note in self.folder.glob(f"{sha256}.*.again"):
            found.setdefault(note.name.split(".")[0], []).append(read_again(note))
        return {sha: sorted(notes, key=lambda again: again.source_sequence) for sha, notes in found.items()}

    def close_batch(self, as_of: date | None) -> Batch | None:
        """Put what has landed since the last batch into a new one, before any of it is judged; None for nothing.

        A run that is killed while it judges finds the same batch again: what is judged together, and after what,
        does not depend on when a machine dies.
        """
        batches = self.ledger.batches()
        seen = {sha for batch in batches for sha in batch.files}
        noted = {note for batch in batches for note in batch.renamed}
        new = tuple(landed.sha256 for landed in self.files() if landed.sha256 not in seen)
        renamed = tuple(
            again.name_of(sha)
            for sha, notes in sorted(self.notes().items())
            for again in notes
            if again.entities and again.name_of(sha) not in noted
        )
        return self.ledger.add_batch(new, as_of, renamed) if new or renamed else None

    def pin(self, sha256: str, verdicts: Mapping[str, Pinned]) -> None:
        """Keep what was decided on a file, by entity: with a forgotten person's rows gone, counting could differ."""
        folder = self.folder / "verdicts"
        folder.mkdir(mode=0o700, exist_ok=True)
        document = {entity: list(verdict) for entity, verdict in sorted(verdicts.items())}
        write_atomically(folder / f"{sha256}.json", json.dumps(document, indent=1).encode(), 0o400)

    def pinned(self, sha256: str, entity: str) -> Pinned | None:
        """What was decided on this entity of the file before somebody was taken out of it."""
        path = self.folder / "verdicts" / f"{sha256}.json"
        if not path.exists():
            return None
        found = json.loads(path.read_text(encoding="utf-8")).get(entity)
        return Pinned(*found) if found else None

    def read(self, landed: LandedFile) -> bytes:
        """The bytes of a landed file.

        Raises:
            TamperedError: where they are not those that arrived.
        """
        data = (self.folder / landed.sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != landed.sha256:
            raise TamperedError(
                f"{landed.source}: the landed file {landed.sha256[:12]} was changed after it arrived. "
                "Restore it from the backup of the landing zone, and find out who changed it"
            )
        return data


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _read_sidecar(path: Path) -> LandedFile:
    document = json.loads(path.read_text())
    document.pop("notes", None)
    document["entities"] = tuple(document["entities"])
    document["warnings"] = tuple(document.get("warnings", ()))
    document["data_through"] = date.fromisoformat(document["data_through"])
    document["received_at"] = datetime.fromisoformat(document["received_at"])
    return LandedFile(**document)


def read_again(path: Path) -> Again:
    """A note on bytes that came again; an older landing zone kept the day in its name, and two numbers in it."""
    text = path.read_text(encoding="utf-8")
    if not text.startswith("{"):
        arrival, *number = (int(part) for part in text.split())
        day = datetime.strptime(path.name.split(".")[1], "%Y%m%d").date()
        return Again(arrival, "", (), day, sum(number), None)
    document: dict[str, Any] = json.loads(text)
    document["entities"] = tuple(document["entities"])
    document["data_through"] = date.fromisoformat(document["data_through"])
    document["received_at"] = datetime.fromisoformat(document["received_at"])
    return Again(**document)
