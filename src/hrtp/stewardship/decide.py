"""A steward's word, kept."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrtp.identity.decision import Decision, RecordId, Verdict
from hrtp.identity.decisions import DecisionRefused, Decisions, Pair
from hrtp.identity.files import REVIEWS
from hrtp.identity.match import normalise_id
from hrtp.redaction import Suppression, refuse_unfinished
from hrtp.redaction.finder import clean_id
from hrtp.stewardship.book import BookRow, read_book
from hrtp.stewardship.desk import Desk
from hrtp.stewardship.review import short, token_of

_VERDICTS: dict[str, Verdict] = {"merge": "merge", "apart": "apart"}


@dataclass
class FromBook:
    """What became of a workbook's rows; a refused one is named by its number, never by what stands in it."""

    kept: list[Decision] = field(default_factory=list)
    known: int = 0
    blank: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """For the steward."""
        return {
            "kept": [decision.number for decision in self.kept],
            "decided_before": self.known,
            "left_blank": self.blank,
            "refused": [{"row": row, "code": code, "message": text} for row, code, text in self.refused],
        }


def decide(desk: Desk, one: RecordId, other: RecordId, verdict: Verdict, *, why: str, by: str) -> Decision:
    """Keep a decision on two records that are there.

    Raises:
        DecisionRefused: see `hrtp.identity.decisions`.
    """
    left, right = sorted((one, other))
    seen = desk.seen((left, right)) if left != right else ""

    def check() -> None:
        refuse_unfinished(desk.settings.landing)
        if any(_is_forgotten(desk, record) for record in (left, right)):
            raise DecisionRefused("one of the two was forgotten meanwhile", code="NOT_ON_LIST")

    decision = Decisions(desk.settings.landing).add(left, right, verdict, why=why, by=by, seen=seen, check=check)
    desk.decisions.append(decision)
    desk.__dict__.pop("in_force", None)
    return decision


def _is_forgotten(desk: Desk, record: RecordId) -> bool:
    suppression = Suppression(desk.settings.landing)
    own = clean_id(record.record_id) or ""
    if record.record_type == "participant":
        return suppression.has_own(record.source, own)
    return suppression.has_state(normalise_id(own) or "")


def decide_from(desk: Desk, path: Path, by: str | None) -> FromBook:
    """Read a filled-in workbook back: each row that can be kept is, each other is named.

    ``path`` may be the plain name of one in the restricted zone. ``by`` is who decided where a row does not say.

    Raises:
        DecisionRefused: where the file is no review workbook.
    """
    result = FromBook()
    pairs: dict[str, Pair] = {token_of(row["pair"]): row["pair"] for row in desk.pairs}
    pairs |= {token_of(pair): pair for pair in desk.in_force}
    rows = read_book(path if path.is_absolute() or path.exists() else desk.settings.identity / REVIEWS / path)
    desk.read(record for row in rows if row.verdict for record in pairs.get(row.pair, ()))
    for row in rows:
        if not row.verdict:
            result.blank += 1
            continue
        try:
            _decide_row(desk, row, pairs.get(row.pair), by, result)
        except DecisionRefused as refusal:
            result.refused.append((row.number, refusal.code, str(refusal.args[0])))
    return result


def _decide_row(desk: Desk, row: BookRow, pair: Pair | None, by: str | None, result: FromBook) -> None:
    verdict = _VERDICTS.get(unicodedata.normalize("NFKC", row.verdict).strip().casefold())
    if verdict is None:
        raise DecisionRefused("the decision is neither merge nor apart", code="UNKNOWN_VERDICT")
    if pair is None or any(record not in desk.keys for record in pair):
        raise DecisionRefused("the pair is not on the list any more; write a new list", code="NOT_ON_LIST")
    if row.seen != short(desk.seen(pair)):
        raise DecisionRefused(
            "the records changed after this list was written; write a new list and look again", code="CHANGED_SINCE"
        )
    standing = desk.in_force.get(pair)
    if standing is not None and standing.verdict == verdict and standing.seen == desk.seen(pair):
        result.known += 1
        return
    if not row.why:
        raise DecisionRefused("the column why is empty; say why, it is kept", code="NO_REASON")
    who = row.by or by
    if not who:
        raise DecisionRefused("nobody is named; fill the column by, or give --by", code="NO_NAME")
    result.kept.append(decide(desk, *pair, verdict, why=row.why, by=who))
