"""Figures under other identities: exact, by the same models, and only where the identities differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from warehouse_world import KEY_COLUMNS, PROJECT, File, run_dbt, write_raw

from hrtp.settings import Settings, load_settings
from hrtp.variants import VARIANTS, add_variants, differing_variants

AS_OF = date(2026, 9, 30)
Rows = Callable[[str], list[tuple[object, ...]]]

#: Ana is enrolled in construction; an AJCC placed a woman of her name and knows of no training of hers: perhaps she.
#: Eva stands in both sectors, by strong keys or, as "eva_h", by the model alone.
EXPORTS = [
    File(
        "construction",
        "participants",
        [{"participant_id": name, "homeless": "Y"} for name in ("ana", "eva", "ida")],
    ),
    File(
        "construction",
        "enrollments",
        [
            {
                "enrollment_id": f"E{n}",
                "participant_id": name,
                "program_id": "G1",
                "sector": "construction",
                "status": "active",
                "training_start_date": "2026-02-01",
            }
            for n, name in enumerate(("ana", "eva", "ida"))
        ],
    ),
    File("healthcare", "participants", [{"participant_id": "eva_h", "homeless": "N"}]),
    File(
        "healthcare",
        "enrollments",
        [
            {
                "enrollment_id": "E1",
                "participant_id": "eva_h",
                "program_id": "G1",
                "sector": "healthcare",
                "status": "active",
                "training_start_date": "2026-03-01",
            }
        ],
    ),
    File("ajcc_la_county", "participants", [{"participant_id": "ana_j"}]),
    File(
        "ajcc_la_county",
        "placements",
        [
            {
                "placement_id": "J1",
                "participant_id": "ana_j",
                "employer_name": "Builders",
                "start_date": "2026-06-01",
                "placement_type": "job",
                "training_related": "Y",
                "subsidized": "N",
                "wage_amount": "25.50",
                "wage_unit": "hour",
            }
        ],
    ),
]
PERSONS = {("healthcare", "eva_h"): "eva"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = load_settings(home=tmp_path_factory.mktemp("variants") / "home", project=PROJECT.parent)
    made.make_zones()
    return made


def set_keys(path: Path, column: str, record_id: str, key: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"update identity.record_keys set {column} = ? where record_id = ?", [key, record_id])


@pytest.fixture(scope="module")
def candidate(
    settings: Settings, dbt_manifest: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """A candidate with one pair under review (ana and ana_j), and one that the model merged (eva and eva_h)."""
    folder = tmp_path_factory.mktemp("candidate")
    path = folder / "warehouse.duckdb"
    write_raw(path, EXPORTS, person_keys=PERSONS)
    set_keys(path, "key_deterministic", "eva_h", "eva_h")
    set_keys(path, "key_if_all_merged", "ana_j", "ana")
    with duckdb.connect(str(path)) as connection:
        connection.execute("insert into identity.review_pairs values (1, 'ana', 'ana_j')")
    outcomes, _ = run_dbt(folder, dbt_manifest, "build", AS_OF.isoformat(), "--exclude-resource-type", "unit_test")  # type: ignore[arg-type]
    assert {"error", "fail", "runtime error", "skipped"} & set(outcomes.values()) == set()
    said: list[str] = []
    nodes = add_variants(settings, path, AS_OF, said.append)
    yield SimpleNamespace(path=path, nodes=nodes, said=said)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def figures(path: Path, indicator: str, sector: str = "all") -> tuple[object, ...]:
    columns = "value, value_deterministic, value_probabilistic, value_if_none_merged, value_if_all_merged"
    (found,) = rows(
        path,
        f"select {columns} from marts.indicator_identity where indicator_key = '{indicator}' and sector = '{sector}'",
    )
    return found


def test_only_variants_that_part_the_records_otherwise_run_again(candidate: SimpleNamespace) -> None:
    assert candidate.said == ["identity: the figures deterministic", "identity: the figures if_all_merged"]


def test_strong_keys_alone_count_the_one_of_both_sectors_twice(candidate: SimpleNamespace) -> None:
    assert figures(candidate.path, "workers_enrolled") == (3, 4, 3, 3, 3)
    assert figures(candidate.path, "workers_enrolled", "healthcare") == (1, 1, 1, 1, 1)


def test_a_percentage_is_computed_anew_and_not_scaled(candidate: SimpleNamespace) -> None:
    hundred, three_of_four = Decimal("100.00"), Decimal("75.00")
    assert figures(candidate.path, "priority_population_pct") == (hundred, three_of_four, hundred, hundred, hundred)


def test_a_placement_of_an_ajcc_counts_only_if_the_pair_under_review_is_merged(candidate: SimpleNamespace) -> None:
    assert figures(candidate.path, "placed_in_jobs") == (0, 0, 0, 0, 1)
    assert figures(candidate.path, "placed_in_jobs", "construction") == (0, 0, 0, 0, 1)
    assert figures(candidate.path, "placed_in_jobs", "healthcare") == (0, 0, 0, 0, 0)


def test_a_median_that_is_none_today_is_a_wage_if_they_are_merged(candidate: SimpleNamespace) -> None:
    assert figures(candidate.path, "median_placement_wage") == (None, None, None, None, Decimal("25.50"))


def test_the_range_names_the_pairs_that_may_move_a_figure(candidate: SimpleNamespace) -> None:
    assert rows(
        candidate.path,
        "select indicator_key, sector, value_low, value_high, n_review_pairs from marts.indicator_identity "
        "where is_in_doubt order by 1, 2",
    ) == [
        ("median_placement_wage", "all", Decimal("25.50"), Decimal("25.50"), 1),
        ("median_placement_wage", "construction", Decimal("25.50"), Decimal("25.50"), 1),
        ("placed_in_jobs", "all", 0, 1, 1),
        ("placed_in_jobs", "construction", 0, 1, 1),
    ]


def test_the_published_figures_are_those_of_the_keys_that_count(candidate: SimpleNamespace) -> None:
    (value,) = rows(
        candidate.path,
        "select value_to_date from marts.indicator_values "
        "where indicator_key = 'placed_in_jobs' and sector = 'all' and period_type = 'to_date'",
    )
    assert value == (0,)
    assert rows(candidate.path, "select count(distinct person_key) from identity.record_keys") == [(4,)]


def test_what_ran_again_in_the_candidate_passed_its_tests(candidate: SimpleNamespace) -> None:
    ran = {node.name: node.status for node in candidate.nodes}
    assert ran["indicator_identity"] == "success"
    assert ran["assert_identity_values_are_the_published_ones"] == "pass"
    assert set(ran.values()) <= {"success", "pass"}


def test_nothing_but_the_candidate_stays(candidate: SimpleNamespace) -> None:
    assert [path.name for path in candidate.path.parent.glob("variant*")] == []


def test_a_night_whose_variants_agree_runs_nothing_again(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    write_raw(path, EXPORTS, person_keys=PERSONS)
    # other keys for the same persons are no other persons
    with duckdb.connect(str(path)) as connection:
        connection.execute("update identity.record_keys set key_deterministic = 'x' || key_deterministic")
    assert differing_variants(settings, path) == []
    assert add_variants(settings, path, AS_OF, print) == []


def test_variants_that_agree_with_each_other_run_once(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    write_raw(path, EXPORTS, person_keys=PERSONS)
    for column in ("key_deterministic", "key_if_none_merged"):
        set_keys(path, column, "eva_h", "eva_h")
    assert differing_variants(settings, path) == [("deterministic", "if_none_merged")]
    assert set(VARIANTS.values()) == set(KEY_COLUMNS[1:])
