"""Synthetic truth: invented records that know whose they are, made to be hard in the ways in which real ones are.

One seed and one mix give one set of records. A person has one to six records at different sources; what a source
writes is the person's own data of that time, under the errors of ``Mix``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hrtp.identity.truth_names import NamePool, load_pool, variants

#: What a truth folder's ``records`` hold: the input of the matcher, and whose record it is.
TRUTH_COLUMNS = (
    "source",
    "record_type",
    "record_id",
    "caljobs_id",
    "first_name",
    "last_name",
    "date_of_birth",
    "ssn_last4",
    "email",
    "phone",
    "zip",
    "gender",
    "true_person",
)
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
_DIGITS = np.array(list("0123456789"))
_SOURCES = ("construction", "healthcare", "technology", "early_care_education", "aerospace", "creative_economy")
_AJCCS = ("ajcc_la_county", "ajcc_south_bay")
_AREA_CODES = (213, 310, 323, 424, 562, 626, 661, 747, 818, 909)
_FIRST_BIRTH = np.datetime64("1955-01-01")
_BIRTH_DAYS = 19_700  # to the end of 2008


@dataclass(frozen=True)
class Mix:
    """Shares of persons or records that are hard in one way each."""

    records_per_person: float = 2.4
    typed_errors: float = 0.10  # of records
    second_error: float = 0.05  # of records with an error
    missing_ssn: float = 0.25
    missing_phone: float = 0.15
    missing_email: float = 0.30
    missing_zip: float = 0.04
    moved: float = 0.10  # of persons: another ZIP and telephone from some record on
    moved_email: float = 0.15  # of the moved: another e-mail address too
    twins: float = 0.010  # of persons, each adding a twin
    juniors: float = 0.010
    households: float = 0.10
    shared_phone: float = 0.6  # of pairs under one roof
    shared_email: float = 0.15
    nicknames: float = 0.15
    name_changes: float = 0.03
    compound: float = 0.10  # of persons: two last names
    compound_cut: float = 0.25  # of their records: only one of the two is written
    second_first: float = 0.06  # of persons: two first names
    second_first_cut: float = 0.4  # of their records: only the first of the two, or its initial
    swapped: float = 0.004  # of records: first and last name in each other's place
    transposed: float = 0.006  # of records: day and month
    caljobs: float = 0.35  # of intermediaries' records of persons whom CalJOBS knows
    pirl: float = 0.08  # of persons: a federal record without a name


def make_truth(n_records: int, seed: int, mix: Mix | None = None) -> pd.DataFrame:
    """Invent ``n_records`` records.

    Args:
        n_records: how many rows.
        seed: the same seed, mix and library versions give the same rows.
        mix: how hard.

    Returns:
        frame with ``TRUTH_COLUMNS``, text or None; ``true_person`` numbers persons from 0. Rows are shuffled.
    """
    mix = mix or Mix()
    rng = np.random.default_rng(seed)
    pool = load_pool()
    people = _people(int(n_records / mix.records_per_person * 1.1) + 10, rng, pool, mix)
    counts = np.minimum(rng.geometric(1 / (mix.records_per_person - mix.pirl), len(people)), 6)
    person = np.repeat(np.arange(len(people)), counts)[:n_records]
    order = np.arange(len(person)) - np.searchsorted(person, person)
    rows = people.loc[person].reset_index(drop=True)
    rows["true_person"] = person
    n = len(rows)
    _name_changes(rows, order, rng, pool, mix)
    _moves(rows, order, rng, mix)
    _nicknames(rows, rng, mix)
    _cuts(rows, rng, mix)
    _sources(rows, order, rng, mix)
    for column, share in (("ssn_last4", mix.missing_ssn), ("phone", mix.missing_phone)):
        rows.loc[rng.random(n) < share, column] = None
    for column, share in (("email", mix.missing_email), ("zip", mix.missing_zip)):
        rows.loc[rng.random(n) < share, column] = None
    _swaps(rows, rng, mix)
    wrong = np.flatnonzero(rng.random(n) < mix.typed_errors)
    _typed_errors(rows, wrong, rng)
    _typed_errors(rows, wrong[rng.random(len(wrong)) < mix.second_error], rng)
    _writings(rows, rng)
    nameless = rows["record_type"] == "caljobs"
    rows.loc[nameless, ["first_name", "last_name", "ssn_last4", "email", "phone", "gender"]] = None
    rows = rows.iloc[rng.permutation(n)].reset_index(drop=True)
    rows["record_id"] = [f"R{number:07d}" for number in range(n)]
    return rows[list(TRUTH_COLUMNS)]


def _people(n: int, rng: np.random.Generator, pool: NamePool, mix: Mix) -> pd.DataFrame:
    people = pd.DataFrame(index=range(n))
    female = rng.random(n) < 0.5
    people["gender"] = np.where(female, "female", "male")
    people["first_name"] = pool.firsts(rng, female)
    second = rng.random(n) < mix.second_first
    people.loc[second, "first_name"] = people["first_name"][second] + " " + pool.firsts(rng, female[second])
    people["last_name"] = pool.lasts(rng, n)
    double = rng.random(n) < mix.compound
    people.loc[double, "last_name"] = people["last_name"][double] + " " + pool.lasts(rng, int(double.sum()))
    born = _FIRST_BIRTH + (np.sqrt(rng.random(n)) * _BIRTH_DAYS).astype("timedelta64[D]")
    digits = rng.integers(1, 10_000, n)
    people["zip"] = _zips(rng, n)
    people["phone"] = _phones(rng, n)
    people["suffix"] = ""
    # relatives: they live at the same place, and may share a telephone and an address
    spare = rng.permutation(n)
    sizes = [int(n * share) for share in (mix.twins, mix.juniors, mix.households)]
    ends = np.cumsum([2 * size for size in sizes])
    groups = np.split(spare[: ends[-1]], ends[:-1])
    numbers = np.arange(n)
    for kind, group in zip(("twin", "junior", "household"), groups, strict=True):
        one, other = group[: len(group) // 2], group[len(group) // 2 :]
        same = np.ones(len(one), bool) if kind != "household" else rng.random(len(one)) < 0.8
        people.loc[other[same], "last_name"] = people["last_name"].to_numpy()[one[same]]
        people.loc[other, "zip"] = people["zip"].to_numpy()[one]
        shares = rng.random(len(one)) < mix.shared_phone
        people.loc[other[shares], "phone"] = people["phone"].to_numpy()[one[shares]]
        shares = rng.random(len(one)) < mix.shared_email
        numbers[other[shares]] = one[shares]
        if kind == "twin":
            born[other] = born[one]
            names = people["first_name"].to_numpy()
            namesakes = other[names[other] == names[one]]
            people.loc[namesakes, "first_name"] = names[namesakes] + " " + names[np.roll(namesakes, 1)] + "a"
        if kind == "junior":
            _make_juniors(people, born, one, other, rng)
    people["date_of_birth"] = np.datetime_as_string(born, unit="D")
    people["ssn_last4"] = [f"{d:04d}" for d in digits]
    firsts = people["first_name"].to_numpy()[numbers]
    lasts = people["last_name"].to_numpy()[numbers]
    people["email"] = [
        "".join(c for c in f"{f}.{x}".casefold() if c.isascii() and (c.isalnum() or c == ".")) + f"{k}@example.org"
        for f, x, k in zip(firsts, lasts, numbers, strict=True)
    ]
    known = rng.choice(90_000_000, n, replace=False) + 10_000_000
    people["caljobs_id"] = [f"{number}" for number in known]
    return people


def _make_juniors(
    people: pd.DataFrame, born: np.ndarray[Any, Any], one: np.ndarray, other: np.ndarray, rng: np.random.Generator
) -> None:
    """The other is the one's child of the same name; one in four has the very birthday of the parent."""
    people.loc[other, "first_name"] = people["first_name"].to_numpy()[one]
    people.loc[other, "gender"] = people["gender"].to_numpy()[one]
    parents = born[one]
    too_young = parents > np.datetime64("1988-01-01")
    parents = np.where(too_young, parents - np.timedelta64(9_131, "D"), parents)
    born[one] = parents
    years = rng.integers(18, 36, len(one))
    months = parents.astype("datetime64[M]") + (years * 12).astype("timedelta64[M]")
    days = np.minimum((parents - parents.astype("datetime64[M]")).astype(int), 27)
    same_day = months.astype("datetime64[D]") + days.astype("timedelta64[D]")
    any_day = same_day + rng.integers(-170, 170, len(one)).astype("timedelta64[D]")
    born[other] = np.where(rng.random(len(one)) < 0.25, same_day, any_day)
    people.loc[other[rng.random(len(other)) < 0.6], "suffix"] = " Jr"
    people.loc[one[rng.random(len(one)) < 0.2], "suffix"] = " Sr"


def _zips(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    weights = 1 / np.arange(1, 301) ** 0.4
    return rng.choice(np.array([f"{90001 + 11 * k}" for k in range(300)]), n, p=weights / weights.sum())


def _phones(rng: np.random.Generator, n: int) -> list[str]:
    areas, rest = rng.choice(_AREA_CODES, n), rng.integers(2_000_000, 10_000_000, n)
    return [f"{a}{r}" for a, r in zip(areas, rest, strict=True)]


def _later(rows: pd.DataFrame, order: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Records from the second on of a share of the persons."""
    chosen = rng.random(int(rows["true_person"].max()) + 1) < share
    return np.flatnonzero(chosen[rows["true_person"]] & (order > 0))


def _name_changes(rows: pd.DataFrame, order: np.ndarray, rng: np.random.Generator, pool: NamePool, mix: Mix) -> None:
    """Another last name, or a second one, from the second record on."""
    at = _later(rows, order, rng, mix.name_changes)
    people = rows["true_person"].to_numpy()[at]
    new = pool.lasts(rng, int(rows["true_person"].max()) + 1)[people]
    both = (people % 3) == 0
    rows.loc[at, "last_name"] = np.where(both, rows["last_name"].to_numpy()[at] + "-" + new, new)


def _moves(rows: pd.DataFrame, order: np.ndarray, rng: np.random.Generator, mix: Mix) -> None:
    at = _later(rows, order, rng, mix.moved)
    people = rows["true_person"].to_numpy()[at]
    n = int(rows["true_person"].max()) + 1
    rows.loc[at, "zip"] = _zips(rng, n)[people]
    rows.loc[at, "phone"] = np.array(_phones(rng, n))[people]
    also = rng.random(n)[people] < mix.moved_email
    rows.loc[at[also], "email"] = [f"new{p}@example.net" for p in people[also]]


def _nicknames(rows: pd.DataFrame, rng: np.random.Generator, mix: Mix) -> None:
    """A short form, in half of the records of those who use one."""
    known = variants()
    chosen = rng.random(int(rows["true_person"].max()) + 1) < mix.nicknames
    at = np.flatnonzero(chosen[rows["true_person"]] & (rng.random(len(rows)) < 0.5))
    draws = rng.random(len(at))
    names = rows["first_name"].to_numpy()[at]
    rows.loc[at, "first_name"] = [
        forms[int(draw * len(forms))] if (forms := known.get(name.casefold())) else name
        for name, draw in zip(names, draws, strict=True)
    ]


def _cuts(rows: pd.DataFrame, rng: np.random.Generator, mix: Mix) -> None:
    """One of two last names, one of two first names."""
    names = rows["last_name"]
    cut = names.str.contains(" ") & (rng.random(len(rows)) < mix.compound_cut)
    which = rng.random(len(rows)) < 0.75  # the first of two is the father's, and stays more often
    rows["last_name"] = names.where(~cut, names.str.split(" ").str[0].where(which, names.str.split(" ").str[-1]))
    names = rows["first_name"]
    cut = names.str.contains(" ") & (rng.random(len(rows)) < mix.second_first_cut)
    short = names.str.split(" ").str[0]
    initial = rng.random(len(rows)) < 0.3
    short = short.where(~initial, short + " " + names.str.split(" ").str[-1].str[0])
    rows["first_name"] = names.where(~cut, short)


def _sources(rows: pd.DataFrame, order: np.ndarray, rng: np.random.Generator, mix: Mix) -> None:
    n = len(rows)
    ajcc = rng.random(n) < 0.3
    rows["source"] = np.where(ajcc, rng.choice(_AJCCS, n), rng.choice(_SOURCES, n))
    rows["record_type"] = "participant"
    pirl = rng.random(n) < mix.pirl / mix.records_per_person
    rows.loc[pirl, "record_type"] = "caljobs"
    rows.loc[pirl, "source"] = rng.choice(_AJCCS, int(pirl.sum()))
    knows = ajcc | pirl | (rng.random(n) < mix.caljobs)
    rows.loc[~knows, "caljobs_id"] = None
    # a federal record has nothing but the state id to join by: without another record that bears it, it is a person
    # whom nothing can join, and is left out by being an ordinary record
    bearers = rows.loc[knows & ~pirl, "true_person"]
    rows.loc[pirl & ~rows["true_person"].isin(bearers), "record_type"] = "participant"


def _swaps(rows: pd.DataFrame, rng: np.random.Generator, mix: Mix) -> None:
    at = np.flatnonzero(rng.random(len(rows)) < mix.swapped)
    first, last = rows["first_name"].to_numpy()[at], rows["last_name"].to_numpy()[at]
    rows.loc[at, "first_name"], rows.loc[at, "last_name"] = last, first
    at = np.flatnonzero(rng.random(len(rows)) < mix.transposed)
    rows.loc[at, "date_of_birth"] = [transpose(text) for text in rows["date_of_birth"].to_numpy()[at]]


def transpose(born: str) -> str:
    """The birth date with day and month in each other's place, where that is a date."""
    year, month, day = born.split("-")
    return f"{year}-{day}-{month}" if int(day) <= 12 else born


def _typed_errors(rows: pd.DataFrame, at: np.ndarray, rng: np.random.Generator) -> None:
    """One wrong stroke in one field of each record at ``at``."""
    columns = ("first_name", "last_name", "date_of_birth", "ssn_last4", "phone", "zip", "email", "caljobs_id")
    which = rng.choice(len(columns), len(at), p=(0.28, 0.30, 0.14, 0.09, 0.08, 0.04, 0.04, 0.03))
    for number, column in enumerate(columns):
        places = at[which == number]
        draws = rng.random((len(places), 4))
        values = rows[column].to_numpy()[places]
        rows.loc[places, column] = [
            value
            if not isinstance(value, str)
            else _wrong_date(value, draw)
            if column == "date_of_birth"
            else _wrong(value, draw)
            for value, draw in zip(values, draws, strict=True)
        ]


def _wrong(text: str, draw: np.ndarray) -> str:
    """Replaced, left out, doubled, or two in each other's place; digits stay digits, and as many as they were."""
    place = int(draw[0] * len(text))
    if text[place].isdigit():
        if draw[1] < 0.4 and place + 1 < len(text) and text[place + 1].isdigit():
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        return text[:place] + str(_DIGITS[int(draw[2] * 10)]) + text[place + 1 :]
    if draw[1] < 0.35:
        return text[:place] + str(_LETTERS[int(draw[2] * 26)]) + text[place + 1 :]
    if draw[1] < 0.6 and len(text) > 2:
        return text[:place] + text[place + 1 :]
    if draw[1] < 0.8:
        return text[:place] + str(_LETTERS[int(draw[2] * 26)]) + text[place:]
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def _wrong_date(born: str, draw: np.ndarray) -> str:
    """A date that differs in one digit, or by transposed day and month."""
    if draw[3] < 0.25 and (turned := transpose(born)) != born:
        return turned
    for step in range(80):  # the first wrong digit from a random one on that leaves a date
        place = (2, 3, 5, 6, 8, 9)[(int(draw[0] * 6) + step // 10) % 6]
        digit = str(_DIGITS[(int(draw[2] * 10) + step) % 10])
        text = born[:place] + digit + born[place + 1 :]
        if text != born and "1930-01-01" < text < "2012" and _is_date(text):
            return text
    return born


def _is_date(text: str) -> bool:
    month, day = int(text[5:7]), int(text[8:10])
    return 1 <= month <= 12 and 1 <= day <= (28 if month == 2 else 30)


def _writings(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Suffixes, capitals, hyphens and the many ways to write a telephone number."""
    rows["last_name"] = rows["last_name"] + rows["suffix"]
    style = rng.random(len(rows))
    for column in ("first_name", "last_name"):
        rows[column] = rows[column].where(style > 0.2, rows[column].str.upper())
    hyphen = rows["last_name"].str.replace(" ", "-").where(rows["suffix"] == "", rows["last_name"])
    rows["last_name"] = rows["last_name"].where(style < 0.6, hyphen)
    spaced = "(" + rows["phone"].str[:3] + ") " + rows["phone"].str[3:6] + "-" + rows["phone"].str[6:]
    rows["phone"] = rows["phone"].where(style > 0.5, spaced)
