"""A new indicator of any aggregation gets its metric; one that no metric is known for stops the renderer."""

from __future__ import annotations

import csv
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from hrtp.render.periods import exact_divide, period_metrics
from hrtp.render.semantic import percentage, semantic_models

PROJECT = Path(__file__).resolve().parents[2]
EVIDENCE = Path("dbt_project/models/marts/indicators/evidence")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    shutil.copytree(PROJECT / EVIDENCE, tmp_path / EVIDENCE)
    return tmp_path


def add(checkout: Path, like: str, **changed: str) -> dict[str, Any]:
    """The document after a catalogue's row like another one's, with its evidence model, was added."""
    path = checkout / "seeds" / "indicator_catalogue.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["indicator_key"] == like) | {"indicator_key": "new_one", **changed}
    with path.open("a", newline="") as file:
        csv.DictWriter(file, rows[0]).writerow(row)
    shutil.copy(checkout / EVIDENCE / f"ind_{like}.sql", checkout / EVIDENCE / "ind_new_one.sql")
    document: dict[str, Any] = yaml.safe_load(semantic_models(checkout))
    return document


@pytest.mark.parametrize(
    ("like", "kind", "model"),
    [
        ("workers_enrolled", "derived", "indicator_evidence"),
        ("provider_contracts", "cumulative", "indicator_evidence"),
        ("partners_committed", "simple", "indicator_evidence_months"),
        ("sector_strategies", "simple", "indicator_evidence_months"),
        ("apprenticeship_portal_launched", "derived", "indicator_evidence"),
        ("priority_population_pct", "derived", "indicator_evidence"),
        ("median_placement_wage", "derived", "indicator_evidence"),
    ],
)
def test_a_new_indicator_gets_the_metric_of_its_aggregation(checkout: Path, like: str, kind: str, model: str) -> None:
    document = add(checkout, like, name="Something new", display_order="99", unit="things")
    metric = next(metric for metric in document["metrics"] if metric["name"] == "new_one")
    assert (metric["label"], metric["type"]) == ("Something new", kind)
    assert metric["config"]["meta"]["unit"] == "things"
    measured = {m["name"]: [one["name"] for one in m["measures"]] for m in document["semantic_models"]}
    assert [name for name, measures in measured.items() if any("new_one" in one for one in measures)] == [model]
    names = {metric["name"] for metric in document["metrics"]}
    for one in metric["type_params"].get("metrics", ()):
        assert one["name"] in names


@pytest.mark.parametrize(
    ("baseline", "target", "ends"),
    [
        ("", "", []),
        ("2", "", ["_baseline"]),
        ("2", "7", ["_baseline", "_target", "_attainment"]),
        ("", "7", ["_target", "_attainment"]),
    ],
)
def test_a_new_indicator_gets_what_is_known_beside_its_value(
    checkout: Path, baseline: str, target: str, ends: list[str]
) -> None:
    add(checkout, "workers_enrolled", name="Something new", display_order="99", baseline=baseline, target=target)
    document = yaml.safe_load(period_metrics(checkout))
    known = {metric["name"]: metric for metric in document["metrics"]}
    mine = [name for name, one in known.items() if one["config"]["meta"].get("beside") == "new_one"]
    assert mine == [f"new_one{end}" for end in ("_in_month", "_in_quarter", *ends)]
    models = {
        model["name"]: {measure["name"] for measure in model["measures"]} for model in document["semantic_models"]
    }
    assert all(
        f"new_one_by_{period}_measure" in models[f"indicator_values_by_{period}"] for period in ("month", "quarter")
    )
    for name in mine:
        inputs = {one["name"] for one in known[name]["type_params"]["metrics"]}
        assert inputs - known.keys() <= {"new_one"}
        assert known[name]["description"].endswith(".")


def test_attainment_is_exact_and_rounds_half_up() -> None:
    text = exact_divide("n", "d", 4)
    pairs = [(Decimal(n) / 4, Decimal(d) / 2) for d in range(1, 41) for n in range(81)]
    pairs += [(Decimal("20.15"), Decimal(22)), (Decimal(1), Decimal(3)), (Decimal(10) ** 9, Decimal("0.5"))]
    with duckdb.connect() as connection:
        connection.execute("create table pairs (n decimal(18, 2), d decimal(18, 2))")
        connection.executemany("insert into pairs values (?, ?)", [*pairs, (1, 0), (None, 1), (1, None)])
        found = connection.execute(f"select n, d, {text} from pairs").fetchall()
    assert [value for *_, value in found[-3:]] == [None] * 3
    assert {(n, d): value for n, d, value in found[:-3]} == {
        (n, d): (n / d).quantize(Decimal("0.0001"), ROUND_HALF_UP) for n, d in pairs
    }


def test_an_aggregation_without_a_metric_stops_the_renderer(checkout: Path) -> None:
    with pytest.raises(ValueError, match=r"new_one.*harmonic_mean"):
        add(checkout, "workers_enrolled", aggregation="harmonic_mean")


def test_a_later_row_of_an_indicator_changes_its_words_and_adds_no_metric(checkout: Path) -> None:
    before = yaml.safe_load(semantic_models(checkout))["metrics"]
    path = checkout / "seeds" / "indicator_catalogue.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("a", newline="") as file:
        csv.DictWriter(file, rows[0]).writerow(rows[0] | {"valid_from": "2030-01-01", "name": "Renamed"})
    after = yaml.safe_load(semantic_models(checkout))["metrics"]
    assert [metric["name"] for metric in after] == [metric["name"] for metric in before]
    assert next(metric["label"] for metric in after if metric["name"] == rows[0]["indicator_key"]) == "Renamed"


def test_a_percentage_is_exact_and_rounds_half_up() -> None:
    text = percentage("n", "d").replace("{{ var('min_denominator') }}", "1")
    pairs = [(n, d) for d in range(81) for n in range(d + 1)] + [(1, 3_000_000), (2_999_999, 3_000_000)]
    with duckdb.connect() as connection:
        connection.execute("create table pairs (n bigint, d bigint)")
        connection.executemany("insert into pairs values (?, ?)", pairs)
        found = {(n, d): value for n, d, value in connection.execute(f"select n, d, {text} from pairs").fetchall()}
    assert found == {
        (n, d): (Decimal(100 * n) / d).quantize(Decimal("0.01"), ROUND_HALF_UP) if d else None for n, d in pairs
    }
