"""Why a person is one person: the records, and for each tie between them the rule, the weight or the steward's word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hrtp.errors import HrtpError
from hrtp.identity.decision import RecordId
from hrtp.stewardship.desk import Desk

#: Fewer digits of a key could be anybody's.
_LEAST_DIGITS = 8


class NoSuchPerson(HrtpError):
    """A key that nobody has, or had."""

    code = "NO_SUCH_PERSON"


@dataclass(frozen=True)
class Explanation:
    """One person. No name stands in here; ``records`` are as `Desk.shown` shows them.

    ``ties``: pairs of records within the person and what makes them one; ``others``: pairs with a record of another
    person that were looked at, and why they did not merge; ``decisions`` and ``changes`` in their order.
    """

    person_key: str
    asked: str
    records: list[str]
    ties: list[dict[str, Any]]
    others: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    ids: list[RecordId] = field(default_factory=list)

    @property
    def was_merged_away(self) -> bool:
        """Whether the key that was asked for is no longer anybody's."""
        return self.asked != self.person_key

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "person_key": self.person_key,
            "asked": self.asked,
            "was_merged_away": self.was_merged_away,
            "records": self.records,
            "ties": self.ties,
            "others": self.others,
            "decisions": self.decisions,
            "changes": self.changes,
        }


def explain_person(desk: Desk, asked: str) -> Explanation:
    """All that is known of why ``asked`` is one person; of a key that was merged away, of the person it is now.

    Args:
        desk: see `open_desk`.
        asked: a person_key, or its first eight or more digits.

    Raises:
        NoSuchPerson: where nobody has or had that key, or several begin so.
    """
    whole = _whole(desk, asked.strip().lower())
    key = _now(desk, whole)
    records = desk.of_key.get(key, [])
    theirs = set(records)
    ties, others = [], []
    for row in desk.pairs:
        inside = [record in theirs for record in row["pair"]]
        if all(inside):
            ties.append(_tie(desk, row))
        elif any(inside):
            there = row["pair"][1 if inside[0] else 0]
            others.append(_tie(desk, row) | {"person_key": desk.keys.get(there)})
    steps = [c for c in desk.changes if {c["old_person_key"], c["new_person_key"]} & {whole, key}]
    return Explanation(
        person_key=key,
        asked=whole,
        records=[desk.shown(record) for record in records],
        ties=ties,
        others=others,
        decisions=[*_decisions(desk, theirs)],
        changes=[c | {"changed_on": c["changed_on"].isoformat()} for c in steps],
        ids=records,
    )


def _whole(desk: Desk, asked: str) -> str:
    known = {*desk.of_key, *(c[side] for c in desk.changes for side in ("old_person_key", "new_person_key"))}
    found: list[str] = sorted(key for key in known if key.startswith(asked)) if len(asked) >= _LEAST_DIGITS else []
    if len(found) == 1:
        return found[0]
    raise NoSuchPerson(
        f"{len(found)} persons have a key that begins so; give all of its 64 digits. A key of another deployment, or "
        "of before a rotation of the secret, is nobody's here"
        if found or len(asked) >= _LEAST_DIGITS
        else f"give {_LEAST_DIGITS} or more digits of a person_key"
    )


def _now(desk: Desk, key: str) -> str:
    """Where a key leads: from each change to the next, in their order."""
    if key in desk.of_key:
        return key
    for change in desk.changes:
        if change["old_person_key"] == key and change["kind"] == "merge":
            key = str(change["new_person_key"])
    return key


def _tie(desk: Desk, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "left": desk.shown(row["pair"][0]),
        "right": desk.shown(row["pair"][1]),
        "band": row["band"],
        "rule": row["rule"],
        "match_weight": row["match_weight"],
        "match_probability": row["match_probability"],
        "reasons": row["reasons"],
        "blocked": row["blocked"],
        "since": row["since"].isoformat() if row["since"] else None,
    }


def _decisions(desk: Desk, theirs: set[RecordId]) -> Iterable[dict[str, Any]]:
    for decision in desk.decisions:
        if {decision.left, decision.right} & theirs:
            yield {
                "number": decision.number,
                "left": desk.shown(decision.left),
                "right": desk.shown(decision.right),
                "verdict": decision.verdict,
                "by": decision.by,
                "at": decision.at.isoformat(),
                "is_in_force": desk.in_force[decision.left, decision.right] == decision,
            }
