"""Deterministic matching: three strong keys, then connected components.

Two records are one person where they share (1) the CalJOBS id, or (2) the last four digits of the SSN, the birth date
and the normalised last name, or (3) the normalised first and last names and the birth date. Placeholder SSN digits
(0000, 1111, ...) match nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_SUFFIX = re.compile(r"\b(jr|sr|ii|iii|iv)\b\.?\s*$")

RECORD_COLUMNS = ("caljobs_id", "first_name", "last_name", "date_of_birth", "ssn_last4")


def normalise_name(name: str | None) -> str | None:
    """A name for comparing: NFKC, case folded, without accents, punctuation, spaces or a trailing Jr; None if empty."""
    if name is None or pd.isna(name):
        return None
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    text = _SUFFIX.sub("", "".join(c for c in text if not unicodedata.combining(c)).strip()) or text
    return "".join(c for c in text if c.isalnum()) or None


def normalise_id(value: str | None) -> str | None:
    """A CalJOBS id for comparing: no blanks, no case."""
    if value is None or pd.isna(value):
        return None
    return "".join(unicodedata.normalize("NFKC", value).split()).casefold() or None


def components(records: pd.DataFrame) -> np.ndarray:
    """Number the persons among ``records``.

    Args:
        records: one row a record, columns ``caljobs_id first_name last_name date_of_birth ssn_last4`` (text or None).

    Returns:
        int array, one a record: records with the same number are one person.
    """
    count = len(records)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    first = _per_distinct(records["first_name"], normalise_name)
    last = _per_distinct(records["last_name"], normalise_name)
    caljobs = _per_distinct(records["caljobs_id"], normalise_id)
    born = records["date_of_birth"]
    ssn = records["ssn_last4"].where(~records["ssn_last4"].fillna("0000").isin([str(d) * 4 for d in range(10)]))
    left: list[np.ndarray] = []
    right: list[np.ndarray] = []
    for keys in ([caljobs], [ssn, born, last], [first, last, born]):
        frame = pd.concat(keys, axis=1, keys=range(len(keys))).dropna()
        # each record of a group joins the group's first one: a star spans it with the fewest edges
        group = frame.groupby(list(frame.columns), sort=False).ngroup()
        positions = group.index.to_numpy()
        firsts = pd.Series(positions, index=group.index).groupby(group).transform("min").to_numpy()
        left.append(positions)
        right.append(firsts)
    rows, columns = np.concatenate(left).astype(np.int64), np.concatenate(right).astype(np.int64)
    graph = coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _per_distinct(column: pd.Series, function: Callable[[str | None], str | None]) -> pd.Series:
    known = {value: function(value) for value in column.unique()}
    return pd.Series([known[value] for value in column], index=column.index, dtype=object)
