"""What is current changes with the day built, with newer exports and with parents that arrive late."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from warehouse_world import CORE, File, Registered, World

Build = Callable[..., World]


def person(identifier: str) -> dict[str, object]:
    return {"participant_id": identifier}


def enrollment(identifier: str, participant: str, start: str) -> dict[str, object]:
    return {
        "enrollment_id": identifier,
        "participant_id": participant,
        "program_id": "G1",
        "sector": "aerospace",
        "status": "active",
        "training_start_date": start,
    }


FILES = [
    File("aerospace", "participants", [person("P1")], data_through="2026-03-31"),
    File(
        "aerospace",
        "enrollments",
        [enrollment("E1", "P1", "2026-01-05"), enrollment("E2", "P2", "2026-01-05")],
        data_through="2026-03-31",
    ),
    File("aerospace", "participants", [person("P2")], data_through="2026-06-30"),
]
ONLY_AEROSPACE = [Registered("aerospace", "sector_intermediary", ("participants", "enrollments"))]


@pytest.fixture(scope="module")
def spring(build_world: Build) -> World:
    return build_world("spring", FILES, as_of="2026-03-31", registry=ONLY_AEROSPACE, select=CORE)


@pytest.fixture(scope="module")
def summer(build_world: Build) -> World:
    return build_world("summer", FILES, as_of="2026-06-30", registry=ONLY_AEROSPACE, select=CORE)


ENROLLMENTS = "select enrollment_id, person_key, orphan_reason from marts.fct_enrollments order by 1"


def test_a_child_whose_parent_is_missing_waits_as_an_orphan(spring: World) -> None:
    assert spring.rows(ENROLLMENTS) == [("E1", "P1", None), ("E2", None, "ORPHAN")]


def test_a_late_parent_frees_its_child_and_a_tombstone_orphans_another(summer: World) -> None:
    assert summer.rows(ENROLLMENTS) == [("E1", None, "ORPHAN"), ("E2", "P2", None)]


def test_a_day_in_the_past_reads_no_newer_file(spring: World) -> None:
    assert spring.rows("select person_key from marts.dim_participant") == [("P1",)]
    assert spring.rows("select state, days_behind from marts.source_freshness") == [("ok", 0)]


def test_an_entity_behind_the_others_makes_the_source_stale(summer: World) -> None:
    assert summer.rows("select state, reason, data_through_date::varchar from marts.source_freshness") == [
        ("stale", "BEHIND: enrollments", "2026-06-30")
    ]


def test_a_day_before_every_export_reads_the_earliest(build_world: Build) -> None:
    winter = build_world("winter", FILES, as_of="2025-12-31", registry=ONLY_AEROSPACE, select=CORE)
    assert winter.rows(ENROLLMENTS) == [("E1", "P1", None), ("E2", None, "ORPHAN")]


def test_an_empty_warehouse_builds_with_every_source_late(build_world: Build) -> None:
    empty = build_world("empty")
    assert empty.rows("select state, count(*) from marts.source_freshness group by 1") == [("late", 9)]
    assert empty.value("select count(*) from marts.dim_participant") == 0
    assert empty.value("select count(*) from marts.dim_sector") == 6


def test_rows_lost_on_the_way_fail_the_build(build_world: Build) -> None:
    """One file whose counts do not add up, one whose rows are gone from raw, one whose quarantine is gone."""
    kept_back = [(3, "DOB_RANGE", "date_of_birth", "born too early or too late")]
    world = build_world(
        "lost",
        [
            File("aerospace", "participants", [person("P1")]),
            File("healthcare", "participants", [person("P2")]),
            File("technology", "participants", [person("P3")], quarantined=kept_back),
        ],
        tamper=[
            "update raw.load_manifest set rows_in = rows_in + 1 where source = 'aerospace'",
            "delete from raw.participants where _source = 'healthcare'",
            "delete from raw.quarantined_rows",
        ],
        select=["+load_reconciliation"],
        expect_failures=True,
    )
    assert sorted(name for name, status in world.outcomes.items() if status == "fail") == [
        "row_condition_load_reconciliation_is_quarantine_complete",
        "row_condition_load_reconciliation_is_raw_complete",
        "row_condition_load_reconciliation_is_reconciled",
    ]
    assert world.rows(
        "select source from marts.load_reconciliation"
        " where not (is_reconciled and is_raw_complete and is_quarantine_complete) order by 1"
    ) == [("aerospace",), ("healthcare",), ("technology",)]
