"""Who is one person: three strong keys and nothing less."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hrtp.errors import SettingsError
from hrtp.identity import PersonKey, load_person_key
from hrtp.identity.match import RECORD_COLUMNS, components, normalise_name
from hrtp.settings import load_settings

Record = tuple[str | None, str, str, str, str | None]
ANA: Record = (None, "Ana María", "García-López", "1990-01-02", "1234")


def persons(*records: Record) -> list[int]:
    numbers = components(pd.DataFrame(records, columns=list(RECORD_COLUMNS), dtype=object))
    return [int(n) for n in pd.factorize(pd.Series(numbers))[0]]


def test_the_same_caljobs_id_is_one_person_whatever_the_name() -> None:
    assert persons(("C1", "A", "B", "1990-01-01", None), (" c1 ", "X", "Y", "1980-01-01", None)) == [0, 0]


def test_last_four_birth_date_and_last_name_are_one_person() -> None:
    assert persons(ANA, (None, "Anna", "GARCIA LOPEZ", "1990-01-02", "1234")) == [0, 0]


def test_names_and_birth_date_are_one_person_without_an_ssn() -> None:
    assert persons(ANA, (None, "ANA MARIA", "Garcia Lopez", "1990-01-02", None)) == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        (None, "Ana María", "García-López", "1991-01-02", "1234"),
        (None, "Eva", "García-López", "1990-01-02", "9999"),
        (None, "Eva", "García-López", "1990-01-02", None),
        (None, "Ana María", "Pérez", "1990-01-02", "1234"),
    ],
)
def test_less_than_a_strong_key_keeps_two_people_apart(other: Record) -> None:
    assert persons(ANA, other) == [0, 1]


@pytest.mark.parametrize("digits", ["0000", "1111", "9999"])
def test_placeholder_digits_match_nobody(digits: str) -> None:
    assert persons((None, "A", "Lee", "1990-01-01", digits), (None, "B", "Lee", "1990-01-01", digits)) == [0, 1]


def test_blank_fields_match_nobody() -> None:
    assert persons((None, "", "", "1990-01-01", None), (None, "", "", "1990-01-01", None)) == [0, 1]


def test_links_carry_over_a_record_in_between() -> None:
    first = ("C1", "Ana", "Ruiz", "1990-01-02", None)
    between = ("C1", "Anita", "Ruiz Soto", "1990-01-02", "4321")
    last = (None, "Ann", "Ruizsoto", "1990-01-02", "4321")
    assert persons(first, last) == [0, 1]
    assert persons(first, between, last) == [0, 0, 0]


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("  O’Neil-Smith Jr. ", "oneilsmith"),
        ("ＡＮＡ", "ana"),
        ("Müller", "muller"),
        ("Straße", "strasse"),
        ("王", "王"),
        ("...", None),
        (None, None),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(written: str | None, compared: str | None) -> None:
    assert normalise_name(written) == compared


def test_no_records_are_no_persons() -> None:
    assert components(pd.DataFrame(columns=list(RECORD_COLUMNS))).tolist() == np.zeros(0).tolist()


def test_a_key_is_keyed_and_shows_nothing_of_itself() -> None:
    one, other = PersonKey(b"a" * 32), PersonKey(b"b" * 32)
    assert len(one.of("x")) == 64
    assert one.of("x") != other.of("x")
    assert "aaaa" not in repr(one)


def test_the_first_run_makes_a_key_and_later_runs_keep_it(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    first = load_person_key(settings)
    assert load_person_key(settings) == first
    assert (tmp_path / "identity" / "person_key").stat().st_mode & 0o777 == 0o600


def test_another_key_than_that_of_earlier_figures_refuses_to_run(tmp_path: Path) -> None:
    load_person_key(load_settings(home=tmp_path, person_key="a" * 32))
    with pytest.raises(SettingsError, match="count twice"):
        load_person_key(load_settings(home=tmp_path, person_key="b" * 32))
    with pytest.raises(SettingsError, match="not set"):
        load_person_key(load_settings(home=tmp_path))


def test_a_short_key_refuses_to_run(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="shorter than 32"):
        load_person_key(load_settings(home=tmp_path, person_key="short"))
