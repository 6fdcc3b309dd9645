"""What only a whole file shows: one unknown code in many rows, very many values where there were few.

Neither is a fault of a row, so neither becomes a finding: they are warnings of the file, and somebody is told. Columns
are named and rows counted; never a value.
"""

from __future__ import annotations

from collections import Counter

import pandas as pd

from hrtp.contracts import Column, EntityContract, Parameters
from hrtp.contracts.model import CODE_SET_SEPARATOR
from hrtp.sources import SourceConfig


def drift_warnings(frame: pd.DataFrame, contract: EntityContract, source: SourceConfig) -> Counter[tuple[str, str]]:
    """The drift of one file, as warnings by (code, column).

    ``CODELIST`` counts the rows with an unknown code that stands in several of them (fault V29): the partner's list was
    revised, or a label needs mapping. ``DRIFT`` counts the different values of a column that ought to have few (V34).

    Args:
        frame: the rows whose borders are certain, good and bad ones alike, as the reader made them.
        contract: the entity's contract.
        source: the partner; an intermediary's own sector is known, even where it is new to the list.
    """
    warnings: Counter[tuple[str, str]] = Counter()
    parameters = contract.parameters
    for name, column in contract.columns.items():
        if name not in frame or not (column.codes or column.max_distinct):
            continue
        values = _single_values(frame[name].dropna(), column)
        known = {*column.codes, source.sector} if column.own_sector else set(column.codes)
        unknown = values[~values.isin(known)] if column.codes else values.iloc[:0]
        counts = unknown.value_counts()
        rows = int(counts[counts >= parameters.codelist_rows].sum())
        if rows:
            warnings["CODELIST", name] = rows
        distinct, limit = _distinct(values, len(counts), column, parameters)
        if distinct > limit:
            warnings["DRIFT", name] = distinct
    return warnings


def _single_values(values: pd.Series, column: Column) -> pd.Series:
    """Each code by itself where a value may join several."""
    if column.type != "code_set":
        return values
    return values.str.split(CODE_SET_SEPARATOR, regex=False).explode()


def _distinct(values: pd.Series, n_unknown: int, column: Column, parameters: Parameters) -> tuple[int, int]:
    """How many different values there are, and how many there may be."""
    if column.max_distinct is not None:
        return int(values.nunique()), column.max_distinct
    return n_unknown, parameters.drift_unknown_values
