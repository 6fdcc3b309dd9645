"""Who the sample people are: nobody two by accident, some on purpose, and all of them findable in bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hrtp.samples import people
from hrtp.samples.avoid import COMMON_WORDS
from hrtp.samples.blueprint import blueprint
from hrtp.samples.names import NameBook, fold
from hrtp.samples.people import caljobs_id, identities
from tests.unit.samples_world import canonical, world

_BLOCKS = 80  # 19,200 persons: more than there are birth days, so that days are shared


def test_last_name_and_birth_date_are_shared_by_planted_twins_alone() -> None:
    book = NameBook(5)
    seen = Counter(
        (fold(person.last), person.date_of_birth) for block in range(_BLOCKS) for _, person in identities(book, block)
    )
    assert Counter(seen.values())[2] == 2 * _BLOCKS
    assert max(seen.values()) == 2


def test_state_ids_and_addresses_are_unique() -> None:
    everybody = list(people(seed=3, scale=_BLOCKS))
    assert len({person["caljobs_id"] for person in everybody}) == len(everybody) == 240 * _BLOCKS
    assert len({person["email"] for person in everybody}) == len(everybody)
    assert all(person["email"].endswith("@example.org") and " 555-01" in person["phone"] for person in everybody)


def test_twins_share_name_and_birth_date_and_namesakes_the_whole_name() -> None:
    book = NameBook(1)
    who = dict(identities(book, 0))
    case = {slot.identity: who[slot.number] for slot in blueprint() if slot.identity != "plain"}
    for kind in ("twin", "twin_zero"):
        one, other = case[f"{kind}_a"], case[f"{kind}_b"]
        assert (one.last, one.date_of_birth) == (other.last, other.date_of_birth)
        assert fold(one.first) != fold(other.first)
    assert case["twin_a"].ssn4 != case["twin_b"].ssn4
    assert case["twin_zero_a"].ssn4 == case["twin_zero_b"].ssn4 == "0000"
    one, other = case["namesake_a"], case["namesake_b"]
    assert (one.first, one.last) == (other.first, other.last)
    assert one.date_of_birth != other.date_of_birth


def test_names_are_long_and_no_words_of_programs_or_documents() -> None:
    for person in people(seed=1, scale=2):
        assert len(fold(person["last"])) >= 7
        assert len(fold(person["first"])) >= 6
        assert not {fold(person["first"]), fold(person["last"])} & COMMON_WORDS


def test_the_list_of_people_is_who_stands_in_the_files() -> None:
    listed = {person["email"]: person for person in people()}
    addresses = {row["email"] for row in canonical("participants")} - {"", "email"}
    assert addresses < set(listed)
    whole = [person["ssn"] for person in listed.values() if person["ssn"]]
    assert whole == ["987-65-4320"]
    assert [row["source"] for row in canonical("participants") if row["ssn_last4"] in whole] == ["healthcare"]


def test_no_first_name_and_date_of_another_person_is_taken_for_a_nickname() -> None:
    book = NameBook(1)
    assert all(
        book.nickname(person, 0, slot) != person.first
        for slot, person in identities(book, 0)
        if slot < len(blueprint())
    )


def test_each_of_the_three_matching_rules_alone_joins_somebody() -> None:
    records = [row for row in canonical("participants") if row["date_of_birth"] and row["source"] != "creative_economy"]
    by_id: Callable[[dict[str, str]], object] = lambda row: row["caljobs_id"] or None  # noqa: E731
    by_number: Callable[[dict[str, str]], object] = lambda row: (  # noqa: E731
        (row["ssn_last4"], fold(row["last_name"]), row["date_of_birth"]) if len(set(row["ssn_last4"])) > 1 else None
    )
    by_name: Callable[[dict[str, str]], object] = lambda row: (  # noqa: E731
        fold(row["first_name"]), fold(row["last_name"]), row["date_of_birth"],
    )  # fmt: skip
    rules = [by_id, by_number, by_name]
    joined = _persons(records, rules)
    for left_out in rules:
        assert _persons(records, [rule for rule in rules if rule is not left_out]) >= joined + 5
    # namesakes apart, twins apart: without birth dates or first names people would melt together
    assert _persons(records, [lambda row: (fold(row["first_name"]), fold(row["last_name"])), *rules]) < joined
    assert _persons(records, [lambda row: (fold(row["last_name"]), row["date_of_birth"]), *rules]) < joined


def test_a_job_center_writes_a_shared_person_another_way() -> None:
    names = {person["email"]: (person["first"], person["last"]) for person in people()}
    rows = [row for row in canonical("participants") if row["source"].startswith("ajcc") and row["email"] in names]
    differently = [row for row in rows if (row["first_name"], row["last_name"]) != names[row["email"]]]
    assert len(differently) >= 30
    assert any("-" in row["last_name"] for row in differently)
    assert any(row["last_name"].strip().isupper() for row in differently)
    assert world(form="canonical")[1].figures["workers_enrolled"]["all"] == 213


def test_the_state_id_has_eleven_digits() -> None:
    assert {len(caljobs_id(seed, block, slot)) for seed in (0, 9) for block in (0, 9_999) for slot in (0, 239)} == {11}


def _persons(records: list[dict[str, str]], rules: list[Callable[[dict[str, str]], object]]) -> int:
    """How many groups the records fall into when joined by ``rules``."""
    group = list(range(len(records)))

    def top(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    for rule in rules:
        first: dict[object, int] = {}
        for index, record in enumerate(records):
            key = rule(record)
            if key is not None:
                group[top(index)] = top(first.setdefault(key, index))
    return sum(top(index) == index for index in range(len(records)))
