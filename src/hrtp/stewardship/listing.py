"""Every decision that was ever made, and how it stands."""

from __future__ import annotations

from typing import Any

from hrtp.identity.decisions import Decisions, is_forgotten
from hrtp.stewardship.desk import Desk


def listed(desk: Desk) -> list[dict[str, Any]]:
    """One entry a decision: number, at, by, verdict, left, right, state; never why.

    ``state``: ``in force``; ``re-check`` (in force, and what the records say has changed since); ``waiting`` (a record
    is not there); ``superseded`` by a later one; ``forgotten`` (of a person who was forgotten: the fact alone is left).
    """
    there = [pair for pair in desk.in_force if pair[0] in desk.keys and pair[1] in desk.keys]
    desk.read(record for pair in there for record in pair)
    by_number = {decision.number: decision for decision in desk.decisions}
    found: list[dict[str, Any]] = []
    for document in Decisions(desk.settings.landing).files.documents():
        facts = {name: document[name] for name in ("number", "at", "by", "verdict")}
        decision = by_number.get(document["number"])
        if is_forgotten(document) or decision is None:
            found.append(facts | {"left": None, "right": None, "state": "forgotten"})
            continue
        pair = (decision.left, decision.right)
        if desk.in_force[pair] != decision:
            state = "superseded"
        elif any(record not in desk.keys for record in pair):
            state = "waiting"
        else:
            state = "in force" if desk.seen(pair) == decision.seen else "re-check"
        found.append(facts | {"left": desk.shown(pair[0]), "right": desk.shown(pair[1]), "state": state})
    return found
