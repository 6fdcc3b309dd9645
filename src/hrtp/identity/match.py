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


def strong_keys(records: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What makes one person of all records that share it, by rule: the records that have it, compared columns only.

    Args:
        records: one row a record, columns ``RECORD_COLUMNS`` (text or None).
    """
    first = _per_distinct(records["first_name"], normalise_name)
    last = _per_distinct(records["last_name"], normalise_name)
    caljobs = _per_distinct(records["caljobs_id"], normalise_id)
    born = records["date_of_birth"]
    ssn = records["ssn_last4"].where(~records["ssn_last4"].fillna("0000").isin([str(d) * 4 for d in range(10)]))
    rules = {
        "caljobs_id": [caljobs],
        "ssn_last4_birth_date_last_name": [ssn, born, last],
        "names_birth_date": [first, last, born],
    }
    return {rule: pd.concat(keys, axis=1, keys=range(len(keys))).dropna() for rule, keys in rules.items()}


def strong_pairs(records: pd.DataFrame) -> pd.DataFrame:
    """Who shares a strong key with whom: columns left, right (positions, left < right) and rule.

    Each record of a group joins the group's first one: a star spans it with the fewest edges.
    """
    found = []
    for rule, frame in strong_keys(records.reset_index(drop=True)).items():
        group = frame.groupby(list(frame.columns), sort=False).ngroup()
        positions = group.index.to_numpy()
        firsts = pd.Series(positions, index=group.index).groupby(group).transform("min").to_numpy()
        found.append(pd.DataFrame({"left": firsts, "right": positions, "rule": rule})[firsts != positions])
    pairs: pd.DataFrame = pd.concat(found, ignore_index=True).astype({"left": "int64", "right": "int64"})
    return pairs


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
    pairs = strong_pairs(records)
    ends = (pairs["left"].to_numpy(), pairs["right"].to_numpy())
    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), ends), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _per_distinct(column: pd.Series, function: Callable[[str | None], str | None]) -> pd.Series:
    codes, distinct = pd.factorize(column)
    values = np.array([*(function(value) for value in distinct), None], dtype=object)
    return pd.Series(values[codes], index=column.index, dtype=object)  # a missing value has the code -1
