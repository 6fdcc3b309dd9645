"""Organisations that may be one are listed for a person, and merged by a word of theirs alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from warehouse_world import File, World

Build = Callable[..., World]
#: Source, name, EIN of each partner, all committed.
PARTNERS: list[tuple[str, str, str | None]] = [
    ("construction", "Harbour Electric Works", None),
    ("healthcare", "Harbor Electric Works, Inc.", None),
    ("technology", "Electric Works Harbor", None),
    ("construction", "Local 250 Carpenters", None),
    ("construction", "Local 251 Carpenters", None),
    ("construction", "Mesa Verde Bakery", None),
    ("healthcare", "Mesa Holdings LLC dba Mesa Verde Bakery", None),
    ("construction", "Vista Health", None),
    ("healthcare", "Vista Health South Bay", None),
    ("construction", "Twin Peaks Steel", "95-1111112"),
    ("healthcare", "Twin Peaks Steel Co.", "95-2222221"),
    ("aerospace", "Granite Propulsion", "95-3333331"),
    ("aerospace", "Cypress Nursery School", "95-3333331"),
    ("technology", "Arroyo Networks", None),
    ("technology", "Arroyo Clinics", None),
    ("aerospace", "Pacific Coast Bldg Trades", None),
    ("construction", "Pacific Coast Building Trades, Inc.", None),
]


def partner(number: int, name: str, ein: str | None) -> Mapping[str, object]:
    return {
        "partner_id": f"R{number}",
        "organization_name": name,
        "organization_ein": ein,
        "organization_type": "employer",
        "commitment_status": "committed",
        "commitment_date": "2026-01-15",
    }


@pytest.fixture(scope="module")
def world(build_world: Build) -> World:
    sources = sorted({source for source, *_ in PARTNERS})
    files = [
        File(s, "partners", [partner(n, name, ein) for n, (source, name, ein) in enumerate(PARTNERS) if source == s])
        for s in sources
    ]
    return build_world("organizations", files)


def pairs(world: World, where: str = "true") -> set[tuple[object, ...]]:
    names = "least(left_name, right_name), greatest(left_name, right_name)"
    return set(world.rows(f"select {names}, reason from marts.organization_review where {where}"))


def test_names_that_may_be_one_are_listed_with_the_reason(world: World) -> None:
    assert pairs(world, "not is_blocked and left_organization_key <> right_organization_key") == {
        ("Harbor Electric Works, Inc.", "Harbour Electric Works", "SPELLING"),
        ("Electric Works Harbor", "Harbor Electric Works, Inc.", "SAME_WORDS"),
        ("Mesa Holdings LLC dba Mesa Verde Bakery", "Mesa Verde Bakery", "TRADE_NAME"),
        ("Vista Health", "Vista Health South Bay", "LONGER_NAME"),
    }


def test_a_number_that_differs_is_no_typing_error(world: World) -> None:
    assert not {pair for pair in pairs(world) if "Local" in str(pair)}


def test_two_eins_block_what_a_name_would_merge(world: World) -> None:
    assert pairs(world, "is_blocked") == {("Twin Peaks Steel", "Twin Peaks Steel Co.", "SAME_NAME")}


def test_one_ein_under_two_names_with_nothing_in_common_is_listed(world: World) -> None:
    assert world.rows(
        "select left_name, right_name, left_organization_key = right_organization_key, is_partner_twice "
        "from marts.organization_review where reason = 'SAME_EIN'"
    ) == [("Cypress Nursery School", "granite propulsion", True, False)]


def test_nothing_on_the_list_was_merged_and_an_alias_row_merges(world: World) -> None:
    # of the seventeen partners two are joined by an EIN, two by a row of the alias seed
    assert world.value("select count(*) from marts.dim_organization where is_partner") == 15
    assert world.rows(
        "select organization_name, n_spellings from marts.dim_organization where spellings like '%Bldg Trades%'"
    ) == [("Pacific Coast Building Trades", 2)]
    assert (
        world.value(
            "select value_to_date from marts.indicator_values "
            "where indicator_key = 'partners_committed' and sector = 'all' and period_type = 'to_date'"
        )
        == 15
    )


def test_the_likeness_is_a_whole_number_and_names_who_knows_it(world: World) -> None:
    assert world.rows(
        "select similarity_pct, left_sources, right_sources, left_n_mentions, right_n_mentions, is_partner_twice "
        "from marts.organization_review where reason = 'SPELLING'"
    ) in (
        [(95, "construction", "healthcare", 1, 1, True)],
        [(95, "healthcare", "construction", 1, 1, True)],
    )
