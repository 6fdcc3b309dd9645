"""Whether an id still carries the person that it carried before."""

from __future__ import annotations

import pandas as pd
from rapidfuzz.distance import JaroWinkler

from hrtp.contracts import PersonColumns
from hrtp.identity.match import normalise_name

#: Names that are less alike than this are two names; a typing error or an accent stays above it.
ALIKE = 0.85


def person_tokens(frame: pd.DataFrame, columns: PersonColumns) -> set[tuple[str, str, str]]:
    """(first, last, birth date) of every row that has all three, normalised for comparing."""
    rows = frame[[columns.first_name, columns.last_name, columns.date_of_birth]].dropna()
    return {
        (normalise_name(first) or "", normalise_name(last) or "", born)
        for first, last, born in rows.itertuples(index=False)
    }


def is_another_person(pairs: pd.DataFrame, columns: PersonColumns, before: str) -> pd.Series:
    """For each row whether it is somebody else than its earlier writing.

    Somebody else has another birth date, and another first or last name; a new surname alone is a marriage, a new
    birth date alone a correction. Equal SSN digits or an equal state id say that it is the same person after all.

    Args:
        pairs: rows with their earlier writing in columns with the suffix ``before``.
        columns: where names, birth date and the ids that vouch for a person stand.
        before: the suffix.
    """
    born, born_before = pairs[columns.date_of_birth], pairs[columns.date_of_birth + before]
    other = born.notna() & born_before.notna() & (born != born_before)
    for name in columns.vouchers:
        if name in pairs:
            other &= ~(pairs[name].notna() & (pairs[name] == pairs[name + before]))
    answer = pd.Series(False, index=pairs.index)
    for index in pairs.index[other]:
        row = pairs.loc[index]
        answer[index] = any(_differs(row[name], row[name + before]) for name in (columns.first_name, columns.last_name))
    return answer


def _differs(name: str | None, before: str | None) -> bool:
    now, then = normalise_name(name), normalise_name(before)
    if now is None or then is None:
        return False
    return JaroWinkler.similarity(now, then) < ALIKE
