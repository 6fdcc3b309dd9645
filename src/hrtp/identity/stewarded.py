"""Stewards' words on records that are there: by position, and those in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from hrtp.identity.changes import Word
from hrtp.identity.decision import Decision, RecordId
from hrtp.identity.decisions import decided_on

ID_COLUMNS = ["source", "record_type", "record_id"]


def positions_of(records: pd.DataFrame, wanted: Iterable[RecordId]) -> dict[RecordId, int]:
    """Where these records stand among ``records`` (columns source, record_type, record_id); those that are there."""
    looked_for = set(wanted)
    rows = np.flatnonzero(records["record_id"].isin({record.record_id for record in looked_for}).to_numpy())
    ids = (RecordId(*row) for row in records.iloc[rows][ID_COLUMNS].itertuples(index=False))
    return {record: int(at) for record, at in zip(ids, rows, strict=True) if record in looked_for}


def words_of(records: pd.DataFrame, decisions: Sequence[Decision]) -> list[Word]:
    """The decisions whose two records are both there, in their order; superseded ones too."""
    at = positions_of(records, (end for decision in decisions for end in (decision.left, decision.right)))
    return [
        Word(at[d.left], at[d.right], np.datetime64(decided_on(d), "D"), d.verdict)
        for d in sorted(decisions, key=lambda d: d.number)
        if d.left in at and d.right in at
    ]


def in_force(records: pd.DataFrame, decisions: Sequence[Decision]) -> list[tuple[int, int, str]]:
    """The newest decision on each pair of records that are both there, by position, the newest first.

    A word on a record that is not there waits for it.
    """
    at = positions_of(records, (end for decision in decisions for end in (decision.left, decision.right)))
    found: dict[tuple[int, int], str] = {}
    for decision in sorted(decisions, key=lambda d: -d.number):
        if decision.left in at and decision.right in at:
            left, right = sorted((at[decision.left], at[decision.right]))
            found.setdefault((left, right), decision.verdict)
    return [(left, right, verdict) for (left, right), verdict in found.items()]
