"""The list that a steward works off: pairs that nobody may merge or leave without having looked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from hrtp.identity.decision import Decision
from hrtp.identity.decisions import Pair
from hrtp.stewardship.desk import Desk

What = Literal["recheck", "review", "blocked"]


@dataclass(frozen=True)
class Candidate:
    """A pair to look at, and why it is on the list.

    ``review``: the model is not sure. ``blocked``: it would merge, and something forbids it. ``recheck``: decided, and
    what the records say has changed since; the decision holds until there is another.
    """

    what: What
    pair: Pair
    match_weight: float | None
    match_probability: float | None
    reasons: str
    blocked: str | None
    decision: Decision | None

    @property
    def token(self) -> str:
        """Names the pair in a workbook: no spreadsheet takes it for a number, and nobody can read a record in it."""
        return token_of(self.pair)

    def to_json(self, desk: Desk) -> dict[str, object]:
        """For ``--json``: reasons, sources and ids, no name."""
        return {
            "what": self.what,
            "left": desk.shown(self.pair[0]),
            "right": desk.shown(self.pair[1]),
            "match_weight": self.match_weight,
            "match_probability": self.match_probability,
            "reasons": self.reasons,
            "blocked": self.blocked,
            "decision": self.decision.number if self.decision else None,
            "verdict": self.decision.verdict if self.decision else None,
        }


def token_of(pair: Pair) -> str:
    """A name for a pair that says nothing of it."""
    text = "\x1e".join("\x1f".join(record) for record in pair)
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:24]


def short(digest: str) -> str:
    """A digest as it stands in a workbook: no spreadsheet takes it for a number."""
    return "s" + digest[:24]


def review_list(desk: Desk, *, with_blocked: bool = False) -> list[Candidate]:
    """What is to be looked at: re-checks first, then the likeliest.

    Of several pairs that stand between the same two persons the strongest is listed: a word on it is one on both. Two
    persons between whom a steward has said `apart`, or who are one already, are not listed again.
    """
    found = [*_rechecks(desk)]
    said_apart = {
        frozenset((desk.keys.get(d.left, ""), desk.keys.get(d.right, "")))
        for d in desk.in_force.values()
        if d.verdict == "apart"
    }
    open_pairs: list[Candidate] = []
    for row in desk.pairs:
        what: What | None = _what(row)
        if what is None or (what == "blocked" and not with_blocked) or row["pair"] in desk.in_force:
            continue
        persons = _persons(desk, row["pair"])
        if len(persons) == 2 and persons not in said_apart:
            open_pairs.append(_candidate(what, row, None))
    open_pairs.sort(key=_likeliest_first)
    listed: set[frozenset[str]] = set()
    for candidate in open_pairs:
        persons = _persons(desk, candidate.pair)
        if persons not in listed:
            listed.add(persons)
            found.append(candidate)
    return found


def _what(row: dict[str, Any]) -> What | None:
    if row["band"] == "review" and row["blocked"] is None:
        return "review"
    return "blocked" if row["blocked"] is not None and row["band"] != "merge" else None


def _persons(desk: Desk, pair: Pair) -> frozenset[str]:
    return frozenset(desk.keys.get(record, f"?{record}") for record in pair)


def _rechecks(desk: Desk) -> list[Candidate]:
    there = {pair: d for pair, d in desk.in_force.items() if pair[0] in desk.keys and pair[1] in desk.keys}
    desk.read(record for pair in there for record in pair)
    rows = {row["pair"]: row for row in desk.pairs}
    nothing = {"match_weight": None, "match_probability": None, "reasons": "", "blocked": None}
    return [
        _candidate("recheck", rows.get(pair, nothing) | {"pair": pair}, decision)
        for pair, decision in sorted(there.items())
        if desk.seen(pair) != decision.seen
    ]


def _candidate(what: What, row: dict[str, Any], decision: Decision | None) -> Candidate:
    return Candidate(
        what,
        row["pair"],
        row["match_weight"],
        row["match_probability"],
        row["reasons"] or "",
        row["blocked"],
        decision,
    )


def _likeliest_first(candidate: Candidate) -> tuple[bool, float, Pair]:
    weight = candidate.match_weight
    return candidate.what == "blocked", -(weight if weight is not None else float("-inf")), candidate.pair
