"""The order of things: which files were judged together, and what an operator said in between."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from hrtp.landing.durable import sync_folder, write_atomically

Verdict = Literal["approve", "reject"]


@dataclass(frozen=True)
class Batch:
    """Files that one ingest found new, judged together. ``as_of`` is that of the run, where it was told one.

    ``renamed`` are notes of bytes that came before and came again under another name.
    """

    number: int
    files: tuple[str, ...]
    as_of: date | None = None
    renamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """An operator's word on one entity of a file, spoken after batch ``after_batch`` was judged.

    ``by`` and ``why`` are kept as given and never leave the landing zone. ``at`` is UTC.
    """

    number: int
    after_batch: int
    file_sha256: str
    entities: tuple[str, ...]
    verdict: Verdict
    why: str
    by: str
    at: datetime


class NumberedFiles:
    """Small documents of one folder, numbered from 1 without a gap, each written once and for its owner alone."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made with the first document."""
        self.folder = folder

    def documents(self) -> list[dict[str, Any]]:
        """All of them, in their order."""
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("[0-9]*.json"))]

    def next_number(self) -> int:
        """The number that the next document gets; whoever adds one holds a lock around both."""
        return 1 + max((int(path.stem) for path in self.folder.glob("[0-9]*.json")), default=0)

    def write(self, number: int, document: dict[str, object]) -> None:
        """Keep a document; a crash leaves all of it or nothing."""
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.folder.parent)
        write_atomically(self.path(number), json.dumps(document, indent=1).encode(), 0o400)

    def path(self, number: int) -> Path:
        """Where the document of that number lies."""
        return self.folder / f"{number:06d}.json"


class Ledger:
    """Batches and decisions of one source, each a small file that is written once."""

    def __init__(self, folder: Path) -> None:
        self._batches = NumberedFiles(folder / "batches")
        self._decisions = NumberedFiles(folder / "decisions")

    def batches(self) -> list[Batch]:
        """All of them, in their order."""
        return [
            Batch(
                d["number"],
                tuple(d["files"]),
                date.fromisoformat(d["as_of"]) if d["as_of"] else None,
                tuple(d.get("renamed", ())),
            )
            for d in self._batches.documents()
        ]

    def add_batch(self, files: tuple[str, ...], as_of: date | None, renamed: tuple[str, ...] = ()) -> Batch:
        """Close the next batch."""
        batch = Batch(self._batches.next_number(), files, as_of, renamed)
        self._batches.write(batch.number, asdict(batch) | {"as_of": as_of.isoformat() if as_of else None})
        return batch

    def decisions(self) -> list[Decision]:
        """All of them, in their order."""
        return [
            Decision(**(d | {"entities": tuple(d["entities"]), "at": datetime.fromisoformat(d["at"])}))
            for d in self._decisions.documents()
        ]

    def add_decision(
        self, file_sha256: str, entities: tuple[str, ...], verdict: Verdict, *, why: str, by: str, at: datetime
    ) -> Decision:
        """Keep an operator's word."""
        last = max((batch.number for batch in self.batches()), default=0)
        decision = Decision(self._decisions.next_number(), last, file_sha256, entities, verdict, why, by, at)
        self._decisions.write(decision.number, asdict(decision) | {"at": at.isoformat()})
        return decision

    def events(self) -> list[Batch | Decision]:
        """Batches and decisions in the order in which they happened."""
        marked: list[tuple[tuple[int, int], Batch | Decision]] = [((b.number, 0), b) for b in self.batches()]
        marked += [((d.after_batch, d.number), d) for d in self.decisions()]
        return [event for _, event in sorted(marked, key=lambda pair: pair[0])]
