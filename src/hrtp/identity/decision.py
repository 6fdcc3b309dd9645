"""What a data steward said of two records: the shape alone, so that whoever links records can take it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

Verdict = Literal["merge", "apart"]


class RecordId(NamedTuple):
    """One record of a person: partner, kind (``participant`` or ``caljobs``), and the partner's or the state's id."""

    source: str
    record_type: str
    record_id: str


@dataclass(frozen=True)
class Decision:
    """A steward's word on two records, ``left`` before ``right``; it holds until a later one on the same two.

    ``at`` is UTC. ``seen`` is the hex digest of what both records said in the compared fields when it was spoken:
    where it differs now, the pair is listed again, and the decision still holds. ``why`` and ``by`` never leave the
    restricted zone.
    """

    number: int
    left: RecordId
    right: RecordId
    verdict: Verdict
    why: str
    by: str
    at: datetime
    seen: str
