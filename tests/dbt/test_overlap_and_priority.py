"""Who is shared between sectors and partners, and where people lived when their training began."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest
from warehouse_world import File, World

Build = Callable[..., World]
CHAIN = ("systems_involved", "systems_impacted", "homeless")
UNKNOWN: Mapping[str, object] = {}
NO: Mapping[str, object] = dict.fromkeys(CHAIN, "N")


def person(name: str, tract: str | None, **more: object) -> dict[str, object]:
    return {"participant_id": name, "census_tract": tract, **more}


def training(number: int, name: str, sector: str, start: str, status: str = "active") -> dict[str, object]:
    return {
        "enrollment_id": f"E{number}",
        "participant_id": name,
        "program_id": "G1",
        "sector": sector,
        "status": status,
        "training_start_date": start,
        "completion_date": "2026-06-30" if status == "completed" else None,
    }


#: Ana moved from a priority tract (1) to another (3) after her training began; Eva the other way round. Ida is in three
#: sectors. Job is known to an AJCC and to healthcare, Joy to the AJCC alone.
FILES: Sequence[File] = [
    File("construction", "participants", [person("ana", "1", **NO), person("eva", "3", **NO)], "2026-01-31"),
    File(
        "construction",
        "participants",
        [person("ana", "3", **NO), person("eva", "1", **NO), person("ida", None, zip="90001", **NO)],
    ),
    File(
        "construction",
        "enrollments",
        [
            training(1, "ana", "construction", "2026-02-01", "completed"),
            training(2, "eva", "construction", "2026-02-01"),
            training(3, "ida", "construction", "2026-02-01"),
        ],
    ),
    File("healthcare", "participants", [person("ida", None), person("job", "77", homeless="Y"), person("amy", "77")]),
    File(
        "healthcare",
        "enrollments",
        [
            training(1, "ida", "healthcare", "2026-03-01"),
            training(2, "job", "healthcare", "2026-03-01"),
            training(3, "amy", "healthcare", "2026-12-01"),
        ],
    ),
    File("technology", "participants", [person("ida", None)]),
    File("technology", "enrollments", [training(1, "ida", "technology", "2026-04-01")]),
    File("ajcc_la_county", "participants", [person("job", None), person("joy", None)]),
]
TRACTS = [("1", "high", "N"), ("3", "low", "N")]


@pytest.fixture(scope="module")
def world(build_world: Build) -> World:
    return build_world(
        "overlap",
        FILES,
        tamper=[
            *(f"insert into reference.tract_priority values {row}" for row in TRACTS),
            "insert into reference.zip_tract values ('90001', '1'), ('90001', '3')",
            "insert into reference.lists values "
            "('tract_priority', 'tract_priority.csv', 'aa', 'County', '2024', 2, null), "
            "('zip_tract', 'zip_tract.csv', 'bb', 'HUD', '2026 Q1', 2, 'LIST_ZIP')",
        ],
    )


def test_each_pair_of_a_person_is_one_row_with_both_first_days(world: World) -> None:
    assert world.rows(
        "select kind, left_key, right_key, person_key, left_training_start_date, right_training_start_date, "
        "is_ajcc_and_intermediary, is_enrolled from marts.fct_co_enrollments order by all"
    ) == [
        ("partners", "ajcc_la_county", "healthcare", "job", None, date(2026, 3, 1), True, True),
        ("partners", "construction", "healthcare", "ida", date(2026, 2, 1), date(2026, 3, 1), False, True),
        ("partners", "construction", "technology", "ida", date(2026, 2, 1), date(2026, 4, 1), False, True),
        ("partners", "healthcare", "technology", "ida", date(2026, 3, 1), date(2026, 4, 1), False, True),
        ("sectors", "construction", "healthcare", "ida", date(2026, 2, 1), date(2026, 3, 1), False, True),
        ("sectors", "construction", "technology", "ida", date(2026, 2, 1), date(2026, 4, 1), False, True),
        ("sectors", "healthcare", "technology", "ida", date(2026, 3, 1), date(2026, 4, 1), False, True),
    ]


def test_the_sum_of_the_sectors_less_the_overlap_is_the_total(world: World) -> None:
    values = dict(
        world.rows(
            "select sector, value_to_date from marts.indicator_values "
            "where indicator_key = 'workers_enrolled' and period_type = 'to_date'"
        )
    )
    assert {sector: value for sector, value in values.items() if value} == {
        "all": 4,
        "construction": 3,
        "healthcare": 2,
        "technology": 1,
    }
    assert world.rows(
        "select n_places, n_persons, n_counted_again from marts.person_reach where kind = 'sectors' order by 1"
    ) == [(1, 3, 0), (3, 1, 2)]


def test_who_is_known_to_one_partner_alone_is_counted_by_partner(world: World) -> None:
    assert world.rows(
        "select left_key, n_left, n_persons, n_enrolled, n_completed from marts.source_overlap "
        "where kind = 'partners' and right_key is null and n_left > 0 order by 1"
    ) == [
        ("ajcc_la_county", 2, 1, 0, 0),
        ("construction", 3, 2, 2, 1),
        ("healthcare", 3, 1, 0, 0),
        ("technology", 1, 0, 0, 0),
    ]


def test_the_job_centers_and_the_intermediaries_are_compared_as_a_whole(world: World) -> None:
    assert world.rows(
        "select left_key, right_key, n_left, n_right, n_persons, n_enrolled from marts.source_overlap "
        "where kind = 'ajcc_and_intermediary' order by 1, 2 nulls first"
    ) == [
        ("ajcc", None, 2, None, 1, 0),
        ("ajcc", "intermediary", 2, 5, 1, 1),
        ("intermediary", None, 5, None, 4, 3),
    ]


def test_every_pair_of_sectors_has_a_row_though_nobody_is_shared(world: World) -> None:
    assert (
        world.value("select count(*) from marts.source_overlap where kind = 'sectors' and right_key is not null") == 15
    )


def test_a_person_counts_by_the_tract_in_which_they_lived_when_training_began(world: World) -> None:
    assert world.rows(
        "select person_key, tract_criterion_flag, tract_criterion_basis, priority_flag, priority_strict_flag "
        "from marts.dim_participant order by 1"
    ) == [
        ("amy", None, "TRACT_NOT_LISTED", None, None),
        ("ana", "Y", "TRACT", "Y", "N"),
        ("eva", "N", "TRACT", "N", "N"),
        ("ida", None, "ZIP_AMBIGUOUS", None, "N"),
        ("job", None, "TRACT_NOT_LISTED", "Y", "Y"),
        ("joy", None, "NO_PLACE", None, None),
    ]


def test_unknown_is_counted_beside_yes_and_no_in_each_reading(world: World) -> None:
    assert world.rows(
        "select criterion, n_enrolled, n_yes, n_no, n_unknown, share_pct from marts.priority_population "
        "where sector = 'all' and criterion in ('tract', 'strict', 'headline', 'broad', 'homeless') order by 1"
    ) == [
        ("broad", 4, 2, 0, 2, Decimal("50.00")),
        ("headline", 4, 2, 1, 1, Decimal("50.00")),
        ("homeless", 4, 1, 3, 0, Decimal("25.00")),
        ("strict", 4, 1, 3, 0, Decimal("25.00")),
        ("tract", 4, 1, 1, 2, Decimal("25.00")),
    ]
    assert world.rows(
        "select value_to_date, n_unknown from marts.indicator_values "
        "where indicator_key = 'priority_population_pct' and sector = 'all' and period_type = 'to_date'"
    ) == [(Decimal("50.00"), 1)]


def test_the_list_in_use_and_its_vintage_are_named(world: World) -> None:
    assert world.rows("select list_name, origin, publisher, vintage, n_rows from marts.reference_lists order by 1") == [
        ("tract_priority", "published", "County", "2024", 2),
        ("zip_tract", "last_good", "HUD", "2026 Q1", 2),
    ]
