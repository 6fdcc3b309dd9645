"""Stewards' words kept as data: in the landing zone, which with the code is the whole truth (decision 10).

``landing/.identity/decisions/<number>.json`` is written once (0400) and in order. Forgetting a person takes the two
records, the reason and the digest out of the documents that speak of them; number, verdict, who and when stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from hrtp.errors import HrtpError
from hrtp.identity.decision import Decision, RecordId, Verdict
from hrtp.landing import LOS_ANGELES, NumberedFiles, sync_folder
from hrtp.locks import exclusive
from hrtp.steps import step

FOLDER = ".identity"
#: What a document holds, forgotten or not.
FIELDS = ("number", "left", "right", "verdict", "why", "by", "at", "seen")
Pair = tuple[RecordId, RecordId]


class DecisionRefused(HrtpError):
    """A decision that cannot be kept; the line says why, and names no value of a person."""

    code = "DECISION_REFUSED"


class Decisions:
    """All stewards' decisions of a deployment."""

    def __init__(self, landing: Path) -> None:
        """``landing`` is the zone; nothing is made before the first decision."""
        self.folder = landing / FOLDER
        self.files = NumberedFiles(self.folder / "decisions")

    def all(self) -> list[Decision]:
        """Every decision on records that are still known, in their order."""
        return [decision_of(d) for d in self.files.documents() if not is_forgotten(d)]

    def in_force(self) -> dict[Pair, Decision]:
        """The newest decision on each pair."""
        return newest(self.all())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Nobody decides meanwhile."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        with exclusive(self.folder / ".lock", "identity decision"):
            yield

    def add(
        self,
        one: RecordId,
        other: RecordId,
        verdict: Verdict,
        *,
        why: str,
        by: str,
        seen: str,
        at: datetime | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Decision:
        """Keep a steward's word on two records.

        ``at`` is now where it is None. ``check`` is asked when nobody else decides, or forgets, any more.

        Raises:
            DecisionRefused: where a reason or a name is missing, the two are one record, or what is in force says
                that these two cannot be (together, or apart).
        """
        if not why.strip() or not by.strip():
            raise DecisionRefused("say why, and who decided: both are kept")
        if one == other:
            raise DecisionRefused("a decision is on two records; these are one and the same")
        left, right = sorted((one, other))
        moment = at or datetime.now(UTC).replace(microsecond=0)
        with self.lock():
            check()
            against = contradicting(self.in_force().values(), left, right, verdict)
            if against:
                numbers = ", ".join(str(number) for number in against)
                what = "apart" if verdict == "merge" else "together"
                raise DecisionRefused(
                    f"decisions already in force keep these two {what}: number {numbers}. Look at them with "
                    "`hrtp identity decisions`, and decide one of those pairs anew first",
                    code="CONTRADICTION",
                )
            decision = Decision(
                self.files.next_number(), left, right, verdict, why.strip(), by.strip(), moment.astimezone(UTC), seen
            )
            self.files.write(decision.number, _document(decision))
            step("identity.decision_kept")
        return decision

    def naming(self, is_theirs: Callable[[RecordId], bool]) -> tuple[int, ...]:
        """Numbers of the decisions that speak of a record of theirs."""
        return tuple(d.number for d in self.all() if is_theirs(d.left) or is_theirs(d.right))

    def forget(self, numbers: Iterable[int]) -> None:
        """Take the records and the reason out of these decisions; may be done again. The caller holds `lock`."""
        for document in self.files.documents():
            if document["number"] in set(numbers) and not is_forgotten(document):
                kept = {name: document[name] for name in ("number", "verdict", "by", "at")}
                gone: dict[str, object] = dict.fromkeys(("left", "right", "why", "seen"))
                self.files.write(document["number"], {name: (kept | gone)[name] for name in FIELDS})
        if self.files.folder.is_dir():
            for left in self.files.folder.glob(".*.part"):
                left.unlink()
            sync_folder(self.files.folder)


def newest(decisions: Sequence[Decision]) -> dict[Pair, Decision]:
    """The last word on each pair; later numbers come later."""
    return {(d.left, d.right): d for d in sorted(decisions, key=lambda d: d.number)}


def decided_on(decision: Decision) -> date:
    """The day of a decision in Los Angeles, from which on keys speak of it."""
    return decision.at.astimezone(LOS_ANGELES).date()


def is_forgotten(document: dict[str, Any]) -> bool:
    """Whether the document speaks of somebody who was forgotten."""
    return document["left"] is None or document["right"] is None


def decision_of(document: dict[str, Any]) -> Decision:
    """A document as it was spoken.

    Raises:
        ValueError, TypeError, KeyError: where it is none.
    """
    left, right = RecordId(*document["left"]), RecordId(*document["right"])
    at = datetime.fromisoformat(document["at"])
    is_right = left < right and document["verdict"] in {"merge", "apart"} and at.tzinfo is not None
    if not is_right or not all(isinstance(document[name], str) for name in ("why", "by", "seen")):
        raise ValueError("not a decision")
    return Decision(**(document | {"left": left, "right": right, "at": at}))


def _document(decision: Decision) -> dict[str, object]:
    found: dict[str, object] = {name: getattr(decision, name) for name in FIELDS}
    return found | {"left": list(decision.left), "right": list(decision.right), "at": decision.at.isoformat()}


def contradicting(standing: Iterable[Decision], left: RecordId, right: RecordId, verdict: Verdict) -> tuple[int, ...]:
    """Numbers of the decisions on other pairs with which this one cannot hold.

    A merge of two whom, over records in between, an apart keeps asunder; an apart of two whom merges hold together.
    """
    others = [d for d in standing if (d.left, d.right) != (left, right)]
    merges = [d for d in others if d.verdict == "merge"]
    of_left, of_right = _reach(left, merges), _reach(right, merges)
    if verdict == "apart":
        return tuple(sorted(d.number for d in merges if d.left in of_left)) if right in of_left else ()
    both = of_left | of_right
    return tuple(sorted(d.number for d in others if d.verdict == "apart" and {d.left, d.right} <= both))


def _reach(start: RecordId, merges: Sequence[Decision]) -> set[RecordId]:
    """Everybody whom merges join to ``start``."""
    found = {start}
    while more := {end for d in merges for end in (d.left, d.right) if {d.left, d.right} & found} - found:
        found |= more
    return found
