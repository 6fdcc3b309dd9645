"""Who is one person, by weight: each hard case with a handful of records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hrtp.identity.decision import Decision, RecordId
from hrtp.identity.linkage import INPUT_COLUMNS, Linkage, link, load_model
from hrtp.settings import load_settings

MODEL = load_model(load_settings().project)
ANA = {
    "first_name": "Rosalinda",
    "last_name": "Quintero",
    "date_of_birth": "1990-03-14",
    "ssn_last4": "4821",
    "phone": "(213) 555-0142",
    "email": "rosalinda.q@example.org",
    "zip": "90033",
}


def linked(*records: dict[str, Any], decisions: tuple[Decision, ...] = ()) -> Linkage:
    """The linkage of records given as what differs from ``ANA``."""
    rows = [
        {"source": f"s{number}", "record_type": "participant", "record_id": "P", "first_seen": date(2026, 1, 1)}
        | dict.fromkeys(INPUT_COLUMNS)
        | ANA
        | record
        for number, record in enumerate(records)
    ]
    return link(pd.DataFrame(rows).astype(object), MODEL, decisions)


def persons(*records: dict[str, Any]) -> list[int]:
    return [int(n) for n in pd.factorize(linked(*records).person)[0]]


def bands(linkage: Linkage) -> list[tuple[str, str, str | None]]:
    rows = linkage.pairs[["band", "rule", "blocked"]].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)]


SAME_PERSON = {
    "nickname": {"first_name": "Rosa", "ssn_last4": None},
    "nickname of another language": {"first_name": "Linda", "last_name": "QUINTERO"},
    "typed error": {"first_name": "Rosalnida", "ssn_last4": None},
    "typed error in the last name": {"last_name": "Quintreo", "ssn_last4": None},
    "swapped names": {"first_name": "Quintero", "last_name": "Rosalinda", "ssn_last4": None},
    "day and month transposed": {"date_of_birth": "1990-14-03", "ssn_last4": None},
    "one digit of the birth date off": {"date_of_birth": "1990-03-15", "ssn_last4": None},
    "compound last name": {"last_name": "Quintero-Salas", "ssn_last4": None},
    "two first names": {"first_name": "Rosalinda Maria", "ssn_last4": None},
    "look-alike letters": {"first_name": "Rоsаlinda", "ssn_last4": None},  # a Cyrillic o and a
    "married, with the number": {"last_name": "Vandermeer", "phone": None, "email": None, "zip": "91001"},
    "married, with the telephone": {"last_name": "Vandermeer", "ssn_last4": None, "zip": "91001"},
    "moved": {"phone": "(818) 555-0111", "email": None, "zip": "91001", "ssn_last4": None},
    "wrong digit in the number": {"ssn_last4": "4827"},
    "a wrong number, all else the same": {"ssn_last4": "9305"},
}


@pytest.mark.parametrize("other", SAME_PERSON.values(), ids=SAME_PERSON.keys())
def test_one_person_written_in_two_ways_is_one(other: dict[str, Any]) -> None:
    assert persons({}, other) == [0, 0]


TWO_PERSONS = {
    "twins": {"first_name": "Esmeralda", "ssn_last4": "7310"},
    "twins without a number": {"first_name": "Esmeralda", "ssn_last4": None},
    "twins whose numbers follow each other": {"first_name": "Esmeralda", "ssn_last4": "4822"},
    "twins with names alike": {"first_name": "Rosalind", "ssn_last4": "7310", "email": None},
    "mother and daughter": {"date_of_birth": "1965-08-02", "ssn_last4": None},
    "mother and daughter born on one day": {"date_of_birth": "1965-03-14", "ssn_last4": None},
    "mother and daughter, a round number of years": {"date_of_birth": "1970-03-14", "ssn_last4": None},
    "junior": {"last_name": "Quintero Jr.", "date_of_birth": "2012-03-14", "ssn_last4": None},
    "household": {"first_name": "Guillermo", "date_of_birth": "1988-11-30", "ssn_last4": "1066"},
    "namesake": {
        "date_of_birth": "1978-11-30",
        "ssn_last4": None,
        "phone": None,
        "email": None,
        "zip": "90650",
    },
}


@pytest.mark.parametrize("other", TWO_PERSONS.values(), ids=TWO_PERSONS.keys())
def test_two_persons_who_share_much_are_two(other: dict[str, Any]) -> None:
    assert persons({}, other) == [0, 1]


def test_a_name_alone_never_merges() -> None:
    bare = dict.fromkeys(("date_of_birth", "ssn_last4", "phone", "email", "zip"))
    assert persons(bare, bare) == [0, 1]
    assert persons(bare | {"zip": "90033"}, bare | {"zip": "90033"}) == [0, 1]


def test_numbered_names_are_as_many_people() -> None:
    bare = {"ssn_last4": "0000", "phone": None, "email": None}
    rows = [
        bare | {"first_name": f"Zqf{n}", "date_of_birth": f"19{70 + n % 30}-02-{1 + n % 28:02d}"} for n in range(23, 27)
    ]
    assert persons(*rows) == [0, 1, 2, 3]


def test_two_state_ids_are_two_persons_however_alike() -> None:
    one, other = {"caljobs_id": "20417735"}, {"caljobs_id": "88190264"}
    found = linked(one, other)
    assert found.person.tolist() == [0, 1]
    assert [(band, blocked) for band, _, blocked in bands(found)] == [("review", "CALJOBS_ID_DIFFERS")]
    assert found.if_all_merged.tolist() == [0, 1]
    # one stroke off is a slip
    assert persons(one, {"caljobs_id": "20417785"}) == [0, 0]


def test_an_id_under_which_somebody_else_stands_is_for_review() -> None:
    other = {"first_name": "Tobias", "last_name": "Lindqvist", "date_of_birth": "1971-06-09", "ssn_last4": "1066"}
    found = linked({"caljobs_id": "20417735"}, other | {"caljobs_id": "20417735"} | dict.fromkeys(("phone", "email")))
    assert found.person.tolist() == [0, 1]
    assert [(band, blocked) for band, _, blocked in bands(found)] == [("review", "ID_OF_ANOTHER")]


def test_a_federal_record_without_a_name_joins_by_its_id_and_birth_date() -> None:
    pirl = dict.fromkeys(INPUT_COLUMNS) | {"caljobs_id": "20417735", "date_of_birth": "1990-03-14"}
    assert persons({"caljobs_id": "20417735"}, pirl, {"caljobs_id": None}) == [0, 0, 0]
    assert persons({"caljobs_id": "20417735"}, pirl | {"date_of_birth": "1951-07-22"}) == [0, 1]


def test_a_record_in_between_does_not_chain_two_persons() -> None:
    # the one in between could be either: it joins one of them, and the two stay two
    between = {"ssn_last4": None, "phone": None}
    one, other = {"caljobs_id": "20417735"}, {"caljobs_id": "88190264", "ssn_last4": "7310"}
    found = persons(one, between, other)
    assert found[0] != found[2]
    assert len(set(found)) == 2


def test_records_that_are_written_alike_are_one_node_and_one_person() -> None:
    found = linked(*[{}] * 50)
    assert set(found.person.tolist()) == {0}
    assert len(found.pairs) == 49
    assert set(found.pairs["rule"]) == {"ssn_birth_date_last_name"}


def test_pairs_say_why_and_never_what() -> None:
    found = linked({}, {"first_name": "Rosalnida", "date_of_birth": "1990-03-15", "ssn_last4": None})
    (pair,) = found.pairs.to_dict("records")
    assert (pair["left"], pair["right"], pair["band"], pair["rule"]) == (0, 1, "merge", "model")
    assert pair["reasons"] == "FIRST_NAME_ALIKE|SAME_LAST_NAME|BIRTH_DATE_NEAR|SAME_PHONE|SAME_EMAIL|SAME_ZIP"
    assert pair["since"] == date(2026, 1, 1)


def decision(number: int, verdict: Any, left: int, right: int) -> Decision:
    ends = (RecordId(f"s{left}", "participant", "P"), RecordId(f"s{right}", "participant", "P"))
    return Decision(number, *ends, verdict, "seen the papers", "desk", datetime(2026, 2, 1, tzinfo=UTC), "")


def test_a_steward_has_the_last_word_both_ways() -> None:
    twin = {"first_name": "Esmeralda", "ssn_last4": None}
    merged = linked({}, twin, decisions=(decision(1, "merge", 0, 1),))
    assert merged.person.tolist() == [0, 0]
    assert merged.probabilistic.tolist() == merged.if_none_merged.tolist() == [0, 1]
    assert bands(merged) == [("merge", "steward", None)]
    apart = linked({}, {}, {}, decisions=(decision(1, "apart", 0, 1),))
    assert apart.probabilistic.tolist() == [0, 0, 0]
    assert apart.person[0] != apart.person[1]
    assert len(set(apart.person.tolist())) == 2
    # of two words on one pair, the newer holds
    both = (decision(1, "merge", 0, 1), decision(2, "apart", 0, 1))
    assert linked({}, twin, decisions=both).person.tolist() == [0, 1]


def test_no_records_are_no_persons() -> None:
    found = link(pd.DataFrame(columns=["source", "record_type", "record_id", *INPUT_COLUMNS]), MODEL)
    assert found.person.tolist() == [] and len(found.pairs) == 0
    assert np.array_equal(linked({}).person, [0])
