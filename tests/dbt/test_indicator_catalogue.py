"""The catalogue says what the charter asks for, and the guide by which it grows is true."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import warehouse_world
from random_exports import SEEDS
from warehouse_world import AS_OF, PROJECT, File, World, run_dbt, write_raw

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

Build = Callable[..., World]

CHARTER = {
    # key: charter number, baseline, target
    "workers_enrolled": ("3", "338", "450"),
    "workers_completed": ("", "", ""),
    "summer_youth_participants": ("", "", ""),
    "programs_developed": ("9", "4", "4"),
    "partners_committed": ("12", "10", "10"),
    "provider_contracts": ("13", "4", "4"),
    "placed_in_jobs": ("38", "338", "338"),
    "placed_in_apprenticeships": ("1", "", ""),
    "median_placement_wage": ("2", "21.22", "22.00"),
    "priority_population_pct": ("4", "85", "100"),
    "supportive_services_recipients": ("6", "380", "380"),
    "high_road_completed": ("24", "380", "380"),
    "sector_strategies": ("34", "4", "4"),
    "employer_partnerships": ("21", "5", "5"),
    "comprehensive_reports": ("22", "4", "4"),
    "apprenticeship_portal_launched": ("17", "1", "1"),
    "apprenticeship_hub_contracted": ("18", "1", "1"),
}
PUBLISHED_COLUMNS = {
    "indicator_values": """
        indicator_key charter_number name unit sector period_type period_start period_end value_to_date
        value_in_period numerator denominator n_unknown baseline target attainment meets_baseline meets_target
        is_applicable as_of_date data_through_date is_stale
    """,
    "indicator_evidence": """
        indicator_key sector subject_key event_date amount is_counted reason source file_sha256 row_number
    """,
}
GUIDE = PROJECT.parent / "docs" / "how-to" / "add-an-indicator.md"


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def empty(build_world: Build) -> World:
    """Nothing was delivered at all."""
    return build_world("empty")


def test_the_catalogue_holds_the_seventeen_with_the_charters_numbers_and_targets() -> None:
    catalogue = {row["indicator_key"]: row for row in seed("indicator_catalogue.csv")}
    found = {key: (row["charter_number"], row["baseline"], row["target"]) for key, row in catalogue.items()}
    assert found == CHARTER
    assert [key for key, row in catalogue.items() if row["target_scope"] == "each_sector"] == ["employer_partnerships"]
    assert [key for key, row in catalogue.items() if row["is_applicable"] == "false"] == ["summer_youth_participants"]
    assert [key for key, row in catalogue.items() if not row["definition"].endswith(".")] == []


def test_every_indicator_has_an_evidence_model_and_a_unit_test(dbt_manifest: Manifest) -> None:
    models = {node.name for node in dbt_manifest.nodes.values() if node.resource_type == "model"}
    tested = {unit.model for unit in dbt_manifest.unit_tests.values()}
    assert {name for name in models if name.startswith("ind_")} == {f"ind_{key}" for key in CHARTER}
    assert {f"ind_{key}" for key in CHARTER} - tested == set()
    assert {"indicator_evidence", "indicator_measures", "indicator_values"} - tested == set()


def test_every_indicator_hangs_on_the_goal_tree_and_number_3_on_several_branches() -> None:
    branches = Counter(row["indicator_key"] for row in seed("goal_tree_indicators.csv"))
    assert set(branches) == set(CHARTER)
    assert branches["workers_enrolled"] == 3
    nodes = {row["node_key"]: row for row in seed("goal_tree.csv")}
    assert {nodes[row["node_key"]]["node_type"] for row in seed("goal_tree_indicators.csv")} == {"activity", "outcome"}


def test_the_marts_have_the_columns_that_others_script_against(empty: World) -> None:
    for mart, columns in PUBLISHED_COLUMNS.items():
        found = [name for name, *_ in empty.rows(f"describe marts.{mart}")]
        assert found[: len(columns.split())] == columns.split()


def test_without_any_data_counts_are_an_explicit_0_and_the_rest_says_why_it_is_null(empty: World) -> None:
    rows = empty.dicts("select * from marts.indicator_values where period_type = 'to_date'")
    assert len(rows) == 12 * 7 + 5
    null = {(row["indicator_key"], row["value_reason"]) for row in rows if row["value_to_date"] is None}
    assert null == {("priority_population_pct", "ZERO_DENOMINATOR"), ("median_placement_wage", "NO_WAGES")}
    assert {row["value_to_date"] for row in rows} == {None, Decimal(0)}
    assert all(row["is_stale"] and row["data_through_date"] is None for row in rows)
    (youth,) = [row for row in rows if row["indicator_key"] == "summer_youth_participants"]
    assert (youth["sector"], youth["value_to_date"], youth["is_applicable"]) == ("all", Decimal(0), False)


def test_a_figure_is_stale_where_a_source_that_feeds_it_failed_and_nowhere_else(build_world: Build) -> None:
    good = [
        File(source, entity, data_through="2026-09-30")
        for registered in warehouse_world.default_registry()
        for source in [registered.source]
        for entity in warehouse_world.KINDS[registered.kind]
    ]
    broken = File("healthcare", "placements", state="rejected", reason="NO_HEADER", data_through="2026-09-30")
    world = build_world("one_source_broken", [*good, broken])
    stale = world.rows(
        "select indicator_key, sector from marts.indicator_values where period_type = 'to_date' and is_stale"
    )
    fed_by_intermediaries = set(CHARTER) - {
        "provider_contracts", "sector_strategies", "comprehensive_reports", "apprenticeship_portal_launched",
        "apprenticeship_hub_contracted",
    }  # fmt: skip
    with_sectors = fed_by_intermediaries - {"summer_youth_participants"}
    assert set(stale) == {(key, "all") for key in fed_by_intermediaries} | {(key, "healthcare") for key in with_sectors}


def test_companions_show_the_rates_that_the_charter_promises(build_world: Build) -> None:
    def participant(identifier: str, **flags: str) -> dict[str, str]:
        return {"participant_id": identifier, **flags}

    def enrollment(number: int, sector: str, completed: str | None = None) -> dict[str, str | None]:
        return {
            "enrollment_id": f"e{number}", "participant_id": f"p{number}", "program_id": "g", "sector": sector,
            "status": "completed" if completed else "active", "training_start_date": "2025-08-01",
            "completion_date": completed,
        }  # fmt: skip

    def placement(number: int, start: str) -> dict[str, str]:
        return {
            "placement_id": f"l{number}", "participant_id": f"p{number}", "employer_name": "Harbor Works",
            "start_date": start, "placement_type": "job", "training_related": "Y", "subsidized": "N",
        }  # fmt: skip

    def partnership(identifier: str, sector: str, ended: str | None = None) -> dict[str, str | None]:
        return {
            "partnership_id": identifier, "employer_name": "Harbor Works", "sector": sector,
            "status": "ended" if ended else "established", "established_date": "2026-01-01", "ended_date": ended,
        }  # fmt: skip

    known = {"systems_involved": "N", "systems_impacted": "N", "homeless": "N"}
    world = build_world(
        "companions",
        [
            File("aerospace", "participants", [
                participant("p1", homeless="Y"), participant("p2", gender="female", **known),
                participant("p3", **known), participant("p4", **known),
            ]),
            File("aerospace", "enrollments", [
                enrollment(1, "aerospace", "2025-12-01"), enrollment(2, "aerospace", "2025-12-01"),
                enrollment(3, "aerospace", "2025-12-01"), enrollment(4, "aerospace"),
            ]),
            # The last day of the first 12 months, and the day after.
            File("aerospace", "placements", [
                placement(1, "2026-07-01"), placement(2, "2026-07-02"), placement(4, "2026-07-02"),
            ]),
            File("aerospace", "employer_partnerships", [partnership("w1", "aerospace", ended="2026-02-01")]),
            File("healthcare", "participants", [participant("p1")]),
            File("healthcare", "enrollments", [{**enrollment(1, "healthcare"), "enrollment_id": "h1"}]),
            File("healthcare", "employer_partnerships", [partnership("w2", "healthcare")]),
        ],
        variables={"program_start_date": "2025-07-01"},
    )  # fmt: skip
    companions = {
        (row["companion_key"], row["indicator_key"]): (row["companion_value"], row["numerator"], row["denominator"])
        for row in world.dicts("select * from marts.indicator_companions where sector = 'all'")
    }
    assert companions["priority_strict_pct", "priority_population_pct"] == (Decimal("25.00"), 1, 4)
    assert companions["priority_broad_pct", "priority_population_pct"] == (Decimal("50.00"), 2, 4)
    assert companions["placement_rate_of_enrolled_pct", "placed_in_jobs"] == (Decimal("75.00"), 3, 4)
    assert companions["placement_rate_of_completers_pct", "placed_in_jobs"] == (Decimal("66.67"), 2, 3)
    assert companions["completion_rate_pct", "workers_completed"] == (Decimal("75.00"), 3, 4)
    assert companions["placed_within_12_months", "placed_in_jobs"] == (Decimal(1), None, None)
    assert companions["employers_served", "employer_partnerships"] == (Decimal(1), None, None)
    assert companions["sectors_covered", "workers_enrolled"] == (Decimal(2), None, None)
    assert companions["sector_overlap", "workers_enrolled"] == (Decimal(1), None, None)
    targets = dict(
        world.rows("select companion_key, max(target) from marts.indicator_companions group by companion_key")
    )
    assert {key: int(target) for key, target in targets.items() if target} == {
        "placement_rate_of_enrolled_pct": 75,
        "completion_rate_pct": 85,
        "placed_within_12_months": 337,
        "employers_served": 20,
    }
    meets = world.value(
        "select meets_target from marts.indicator_companions "
        "where companion_key = 'placement_rate_of_enrolled_pct' and sector = 'all'"
    )
    assert meets is True


@pytest.fixture(scope="module")
def copied_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project and the seeds with the diff of the guide applied."""
    folder = tmp_path_factory.mktemp("guide")
    for name in ("dbt_project", "seeds"):
        shutil.copytree(PROJECT.parent / name, folder / name, ignore=shutil.ignore_patterns("target", "logs"))
    diff = "\n".join(re.findall(r"```diff\n(.*?)\n```", GUIDE.read_text(), flags=re.DOTALL)) + "\n"
    assert diff.count("diff --git") == 6
    subprocess.run(["git", "apply", "--unidiff-zero", "-"], input=diff, text=True, cwd=folder, check=True)
    return folder / "dbt_project"


def test_the_diff_of_the_guide_adds_an_indicator_with_values_evidence_and_a_unit_test(
    copied_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse_world, "PROJECT", copied_project)
    manifest = warehouse_world.parse_project(tmp_path)
    enrollments = [
        {"enrollment_id": identifier, "participant_id": participant, "program_id": "g", "sector": "aerospace",
         "status": status, "training_start_date": "2026-01-05", "withdrawal_date": withdrawn}
        for identifier, participant, status, withdrawn in [
            ("a", "p1", "withdrawn", "2026-09-30"), ("b", "p2", "withdrawn", "2026-10-01"), ("c", "p3", "active", None),
        ]
    ]  # fmt: skip
    people = [{"participant_id": identifier} for identifier in ("p1", "p2", "p3")]
    files = [File("aerospace", "participants", people), File("aerospace", "enrollments", enrollments)]
    write_raw(tmp_path / "warehouse.duckdb", files)
    outcomes, seconds = run_dbt(tmp_path, manifest, "build", AS_OF, "--exclude-resource-type", "unit_test")
    unit, _ = run_dbt(tmp_path, manifest, "test", AS_OF, "--select", "ind_workers_withdrawn,test_type:unit")
    world = World(tmp_path / "warehouse.duckdb", warehouse_world.date.fromisoformat(AS_OF), outcomes, seconds)
    assert world.failed() == []
    assert unit == {"workers_withdrawn_counts_from_the_withdrawal": "pass"}
    values = world.rows(
        "select sector, value_to_date from marts.indicator_values "
        "where indicator_key = 'workers_withdrawn' and period_type = 'to_date' and value_to_date > 0 order by sector"
    )
    assert values == [("aerospace", Decimal(1)), ("all", Decimal(1))]
    evidence = world.rows(
        "select subject_key, is_counted, reason from marts.indicator_evidence "
        "where indicator_key = 'workers_withdrawn' order by subject_key"
    )
    assert evidence == [("p1", True, None), ("p2", False, "AFTER_AS_OF"), ("p3", False, "NOT_WITHDRAWN")]


def test_an_evidence_model_that_is_not_listed_stops_the_build(
    copied_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = copied_project / "models" / "marts" / "indicators" / "indicator_evidence.sql"
    monkeypatch.setattr(warehouse_world, "PROJECT", copied_project)
    whole = listing.read_text()
    listing.write_text(whole.replace('    "workers_withdrawn",\n', ""))
    try:
        manifest = warehouse_world.parse_project(tmp_path)
        write_raw(tmp_path / "warehouse.duckdb", [])
        outcomes, _ = run_dbt(tmp_path, manifest, "build", AS_OF, "--select", "+indicator_evidence")
    finally:
        listing.write_text(whole)
    assert outcomes["indicator_evidence"] == "error"
    assert "ind_workers_withdrawn.sql is not in the list" in capsys.readouterr().out
