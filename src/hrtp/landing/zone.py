"""The landing folder of one source: keeping bytes once, and giving them back unharmed."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
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

        Bytes that come again under a later day keep a note of that day: the partner says that they still hold.
        """
        digest = file_sha256(path)
        if self.known(digest):
            path.unlink()
            first = _read_sidecar(self.folder / f"{digest}.json")
            if parsed.data_through > first.data_through:
                self._note_again(digest, parsed)
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
        repeats = (int(path.read_text().split()[0]) for path in self.folder.glob("*.again"))
        return max((*arrivals, *repeats), default=0)

    def _next_sequence(self) -> int:
        self._last_sequence += 1
        return self._last_sequence

    def _note_again(self, digest: str, parsed: FileName) -> None:
        note = self.folder / f"{digest}.{parsed.data_through:%Y%m%d}.again"
        if not note.exists():
            write_atomically(note, f"{self._next_sequence()} {parsed.sequence}".encode(), 0o400)

    def days_again(self, landed: LandedFile) -> dict[date, tuple[int, int]]:
        """Later days under which the same bytes came again: the number in that name, the place in order of arrival."""
        found = {}
        for note in sorted(self.folder.glob(f"{landed.sha256}.*.again")):
            arrival, *number = (int(part) for part in note.read_text().split())
            found[datetime.strptime(note.name.split(".")[1], "%Y%m%d").date()] = (sum(number), arrival)
        return found

    def close_batch(self, as_of: date | None) -> Batch | None:
        """Put what has landed since the last batch into a new one, before any of it is judged; None for nothing.

        A run that is killed while it judges finds the same batch again: what is judged together, and after what,
        does not depend on when a machine dies.
        """
        seen = {sha for batch in self.ledger.batches() for sha in batch.files}
        new = tuple(landed.sha256 for landed in self.files() if landed.sha256 not in seen)
        return self.ledger.add_batch(new, as_of) if new else None

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
