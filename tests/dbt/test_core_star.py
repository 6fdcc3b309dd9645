"""The star schema of a small world: two intermediaries, two AJCCs and the program office, everything traceable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from star_exports import FILES, PERSONS
from warehouse_world import CORE, World, file_hash

Build = Callable[..., World]


@pytest.fixture(scope="module")
def world(build_world: Build) -> World:
    return build_world("star", FILES, person_keys=PERSONS, select=CORE)


def test_a_person_known_to_two_partners_is_one_participant(world: World) -> None:
    assert world.rows("select person_key, n_records, n_sources from marts.dim_participant order by 1") == [
        ("CJ900002", 1, 1),
        ("P2", 1, 1),
        ("hal", 1, 1),
        ("zeb", 3, 2),
    ]


def test_the_first_training_is_the_earliest_over_all_partners(world: World) -> None:
    assert world.rows(
        "select person_key, first_training_start_date, is_enrolled from marts.dim_participant order by 1"
    ) == [
        ("CJ900002", None, False),
        ("P2", None, False),
        ("hal", date(2026, 4, 1), True),
        ("zeb", date(2026, 2, 1), True),
    ]


def test_enrollments_hold_intermediaries_and_tagged_ajcc_training_and_keep_orphans(world: World) -> None:
    assert world.rows(
        "select source, enrollment_id, person_key, sector, status, has_started, is_completed, orphan_reason"
        " from marts.fct_enrollments order by source, row_number"
    ) == [
        ("ajcc_la_county", None, "zeb", "technology", "completed", True, True, None),
        ("construction", "E1", "zeb", "construction", "completed", True, True, None),
        ("construction", "E2", None, "construction", "active", True, False, "ORPHAN"),
        ("construction", "E3", "P2", "construction", "waitlisted", False, False, None),
        ("healthcare", "E1", "hal", "healthcare", "active", True, False, None),
    ]


def test_an_ajcc_placement_follows_the_latest_training_before_it(world: World) -> None:
    assert world.rows(
        "select source, placement_id, sector, wage_usd_per_hour, is_hours_assumed, orphan_reason"
        " from marts.fct_placements order by source, placement_id"
    ) == [
        ("ajcc_la_county", "J1", "technology", None, False, None),
        ("construction", "J1", "construction", Decimal("20.150000"), True, None),
        ("construction", "J2", None, None, False, "ORPHAN"),
    ]


def test_services_come_from_deltas_pirl_and_caljobs_codes(world: World) -> None:
    assert world.rows(
        "select source, origin, service_id, person_key, sectors, service_type, service_date, amount_usd,"
        " orphan_reason from marts.fct_services order by source, origin, service_id"
    ) == [
        (
            "ajcc_la_county",
            "caljobs_activity",
            "C1",
            "zeb",
            "construction|technology",
            "ajcc_supportive_service",
            date(2026, 3, 9),
            None,
            None,
        ),
        (
            "ajcc_la_county",
            "caljobs_activity",
            "C2",
            None,
            None,
            "ajcc_supportive_service",
            date(2026, 3, 9),
            None,
            "ORPHAN",
        ),
        (
            "ajcc_la_county",
            "pirl_1500",
            None,
            "CJ900002",
            None,
            "needs_related_payment",
            date(2026, 3, 5),
            None,
            None,
        ),
        (
            "healthcare",
            "intermediary",
            "S1",
            "hal",
            "healthcare",
            "housing",
            date(2026, 4, 2),
            Decimal("100.10"),
            None,
        ),
        (
            "healthcare",
            "intermediary",
            "S2",
            "hal",
            "healthcare",
            "childcare",
            date(2026, 4, 3),
            Decimal("7.25"),
            None,
        ),
    ]


def test_three_spellings_of_an_employer_are_one_organisation(world: World) -> None:
    assert world.rows(
        "select organization_name, ein, n_spellings, is_hiring_employer, is_partnership_employer"
        " from marts.dim_organization order by 1"
    ) == [
        ("Harbor Trade School, Inc.", None, 1, False, False),
        ("Pacific Builders LLC", "95-1234567", 3, True, True),
    ]


def test_a_draft_is_never_the_latest_version(world: World) -> None:
    assert world.rows("select version, is_latest_version from marts.fct_deliverables order by 1") == [
        (1, True),
        (2, False),
    ]


def test_every_accepted_row_is_listed_with_the_mart_that_holds_it(world: World) -> None:
    n_rows = sum(len(file.rows) for file in FILES)
    assert world.value("select count(*) from marts.loaded_rows") == n_rows
    superseded = world.rows(
        "select entity, file_sha256, row_number, mart from marts.loaded_rows where not is_current order by 1, 3"
    )
    history, delta = file_hash("construction", "participants", 0), file_hash("healthcare", "services", 8)
    assert superseded == [
        ("participants", history, 2, None),
        ("participants", history, 3, None),
        ("services", delta, 3, None),
    ]


def test_every_current_row_is_found_in_its_mart_by_file_and_row_number(world: World) -> None:
    marts = [mart for (mart,) in world.rows("select distinct mart from marts.loaded_rows where is_current order by 1")]
    assert marts == [
        "dim_program",
        "fct_caljobs_activities",
        "fct_commitments",
        "fct_deliverables",
        "fct_enrollments",
        "fct_milestones",
        "fct_placements",
        "fct_services",
        "participant_records",
    ]
    for mart in marts:
        missing = world.value(
            f"select count(*) from marts.loaded_rows as loaded anti join marts.{mart} as mart"
            " using (source, file_sha256, row_number) where loaded.is_current and loaded.mart = ?",
            mart,
        )
        assert (mart, missing) == (mart, 0)


def test_a_superseded_row_still_names_its_person(world: World) -> None:
    assert world.rows(
        "select row_number, person_key from marts.loaded_rows where not is_current order by entity, 1"
    ) == [
        (2, "zeb"),
        (3, "P3"),
        (3, "hal"),
    ]


def test_the_reconciliation_counts_every_file_and_adds_up(world: World) -> None:
    assert world.value("select count(*) from marts.load_reconciliation") == len(FILES)
    assert world.rows(
        "select rows_in, rows_loaded, rows_quarantined, rows_duplicate, rows_blank, rows_in_raw, rows_in_quarantine,"
        " is_reconciled, is_raw_complete, is_quarantine_complete, is_current"
        " from marts.load_reconciliation where source = 'construction' and entity = 'enrollments'"
    ) == [(7, 3, 1, 1, 2, 3, 1, True, True, True, True)]


def test_warnings_are_counted_by_code_and_column(world: World) -> None:
    assert world.rows(
        "select source, entity, code, column_name, n_warnings from marts.load_warnings order by code"
    ) == [
        ("construction", "enrollments", "OPTIONAL_MISSING", None, 2),
        ("construction", "enrollments", "SCHEMA_DRIFT", "favourite_color", 1),
    ]


def test_a_row_kept_back_is_listed_with_its_reason(world: World) -> None:
    assert world.rows(
        "select source, entity, row_number, rule_id, column_name, message from marts.quarantined_rows"
    ) == [
        (
            "construction",
            "enrollments",
            7,
            "DATE_ORDER",
            "completion_date",
            "completed before the training started",
        )
    ]


def test_the_states_of_the_sources_say_what_is_wrong(world: World) -> None:
    states = dict(world.rows("select source, state from marts.source_freshness"))
    assert states["technology"] == "rejected"
    assert states["aerospace"] == "late"
    assert states["healthcare"] == "late"
    assert world.value("select reason from marts.source_freshness where source = 'technology'") == (
        "participants: NO_HEADER"
    )


def test_dates_run_over_whole_years_around_the_events_and_the_day_built(world: World) -> None:
    first, last, days, after = world.rows(
        "select min(date_day), max(date_day), count(*), count(*) filter (where is_after_as_of) from marts.dim_date"
    )[0]
    assert (last, after) == (date(2026, 12, 31), 92)
    assert (first.month, first.day) == (1, 1)
    assert days == (last - first).days + 1
    assert world.rows(
        "select fiscal_year, quarter_end_date from marts.dim_date"
        " where date_day in ('2026-06-30', '2026-07-01') order by date_day"
    ) == [(2026, date(2026, 6, 30)), (2027, date(2026, 9, 30))]


def test_no_value_of_the_restricted_zone_is_stored_behind_staging(world: World) -> None:
    planted = (
        "Zebulon",
        "Quixotesworth",
        "1991-02-03",
        "7391",
        "CJ900001",
        "zq@partner.example",
        "213-555-0188",
        "90199",
        "06037999999",
    )
    tables = world.rows(
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE' and table_schema in ('staging', 'intermediate', 'marts', 'seeds')"
    )
    assert len(tables) > 40
    leaks = []
    for schema, table in tables:
        if schema == "seeds":
            continue
        for row in world.rows(f'select cast(t as varchar) from {schema}."{table}" as t'):
            leaks += [(schema, table, value) for value in planted if value in row[0]]
    assert leaks == []


def test_the_same_exports_give_the_same_marts_row_by_row(world: World, build_world: Build) -> None:
    again = build_world("star_again", FILES, person_keys=PERSONS, select=CORE)
    tables = [
        name for (name,) in world.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    ]
    for table in sorted(tables):
        query = f"select * from marts.{table}"
        assert (table, again.rows(query)) == (table, world.rows(query))
