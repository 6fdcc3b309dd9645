"""Stewards' words on records that are there: by position, in force, and as persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hrtp.identity.changes import Word
from hrtp.identity.clusters import Positions, cluster
from hrtp.identity.decision import Decision, RecordId
from hrtp.identity.decisions import decided_on, newest

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


def apply_decisions(
    records: pd.DataFrame,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    weight: npt.ArrayLike,
    decisions: Sequence[Decision],
) -> Positions:
    """Number the persons among ``records``: what the edges say, and above it the newest word on each pair.

    A merge holds whatever the edges or their blocks say; an apart cuts a component at its weakest edges between the
    two, also where they share a strong key. A word on a record that is not there waits for it.

    Args:
        records: one row a record, columns source, record_type, record_id.
        left: positions of one end of each edge, right: of the other; weight: infinite for a strong key.
        right: see left.
        weight: see left.
        decisions: all of them.
    """
    standing = words_of(records, list(newest(decisions).values()))
    musts, cannots = (
        np.array([(w.left, w.right) for w in standing if w.verdict == verdict], dtype=np.int64).reshape(-1, 2)
        for verdict in ("merge", "apart")
    )
    return cluster(len(records), left, right, weight, musts, cannots)
