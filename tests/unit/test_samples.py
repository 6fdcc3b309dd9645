"""The planted truth: the published figures at every seed and scale, and what must become of every row."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from hrtp.contracts import load_catalogue
from hrtp.samples import SampleManifest, SamplesError, generate, people
from hrtp.samples.blueprint import blueprint
from hrtp.samples.rows import SECTORS
from hrtp.synthetic import SYNTHETIC_FILE, synthetic_digests
from tests.unit.samples_world import PROJECT, PUBLISHED, world

#: Counted in persons: these grow with the scale, and nothing else does.
_OF_PERSONS = {
    "workers_enrolled",
    "workers_completed",
    "placed_in_jobs",
    "placed_in_apprenticeships",
    "supportive_services_recipients",
    "high_road_completed",
}


def _totals(manifest: SampleManifest) -> dict[str, str]:
    return {key: str(figures["all"]) for key, figures in manifest.figures.items()}


@pytest.mark.parametrize("seed", [1, 2, 20260930])
def test_every_seed_plants_the_published_figures(seed: int) -> None:
    assert _totals(world(seed=seed)[1]) == PUBLISHED


def test_the_canonical_form_plants_the_same_figures_in_every_sector() -> None:
    assert world(form="canonical")[1].figures == world()[1].figures


def test_scale_three_triples_what_is_counted_in_persons_and_nothing_else() -> None:
    tripled = {key: str(3 * int(value)) if key in _OF_PERSONS else value for key, value in PUBLISHED.items()}
    assert _totals(world(scale=3)[1]) == tripled


def test_sectors_add_up_to_more_than_the_total_by_the_persons_of_two_sectors() -> None:
    enrolled = world()[1].figures["workers_enrolled"]
    twice = sum(slot.second_sector is not None for slot in blueprint())
    assert twice == 14
    assert sum(enrolled[sector] or 0 for sector in SECTORS) == 213 + twice


def test_a_person_who_completes_two_sectors_is_high_road_in_the_one_that_is() -> None:
    figures = world()[1].figures
    completed, high_road = figures["workers_completed"], figures["high_road_completed"]
    assert sum((completed[s] or 0) - (high_road[s] or 0) for s in SECTORS) == 3
    assert completed["all"] == high_road["all"]


def test_six_first_placements_have_no_wage_and_the_median_is_of_the_others() -> None:
    manifest = world()[1]
    assert manifest.companions["wages_missing"]["all"] == 6
    assert manifest.figures["median_placement_wage"]["all"] == Decimal("20.15")


@pytest.mark.parametrize("scale", [1, 3])
def test_every_file_balances_and_no_planted_share_of_bad_rows_holds_a_file(scale: int) -> None:
    loads = world(scale=scale)[1].loads
    assert len(loads) == 72
    for load in loads:
        assert load.rows_in == load.loaded + load.quarantined + load.duplicate + load.blank, load
        assert load.quarantined < 3 or load.quarantined <= 0.05 * (load.rows_in - load.blank), load


def test_bad_rows_are_listed_one_by_one_with_rules_of_the_catalogue() -> None:
    manifest = world()[1]
    assert len(manifest.bad_rows) == sum(load.quarantined for load in manifest.loads) == 30
    assert {bad.rule_id for bad in manifest.bad_rows} == {
        "DATE_AMBIGUOUS", "DATE_INVALID", "DATE_ORDER", "DOB_RANGE", "EIN_FORMAT", "FLAG_FORMAT", "FUTURE_EVENT",
        "HEADER_REPEAT", "KEY_CONFLICT", "NUMBER_FORMAT", "PII_EXCESS", "RAGGED", "REQUIRED", "TEST_RECORD",
        "UNKNOWN_CODE", "WAGE_RANGE", "WAGE_UNIT",
    }  # fmt: skip
    catalogue = load_catalogue(PROJECT)
    assert {catalogue[bad.rule_id].severity for bad in manifest.bad_rows} == {"error"}
    assert {load.source for load in manifest.loads} == {bad.source for bad in manifest.bad_rows}


def test_duplicates_and_blank_rows_are_planted() -> None:
    loads = world()[1].loads
    assert sum(load.duplicate for load in loads) == 6
    # three rows without content, and a trailer on each of the seven files of the partner that writes them
    assert sum(load.blank for load in loads) == 3 + 7


def test_every_case_of_the_plan_is_somebody() -> None:
    slots = blueprint()
    assert Counter(slot.route for slot in slots) == {"intermediary": 160, "both": 30, "ajcc": 23}
    assert {slot.match for slot in slots} == {None, "caljobs_id", "ssn_last4", "name"}
    assert len({slot.training for slot in slots}) == 19
    assert len({slot.service for slot in slots}) == 10
    assert len({slot.placement for slot in slots}) == 23
    assert len({slot.criterion for slot in slots}) == 12


def test_memory_does_not_grow_with_the_scale(tmp_path: Path) -> None:
    def peak(scale: int) -> int:
        tracemalloc.start()
        generate(tmp_path / str(scale), scale=scale, project=PROJECT)
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    world()  # modules and caches that stay
    # a block is some 2 MB of rows and the rest 11 MB: holding four more of them would add more than half
    assert peak(5) < 1.2 * peak(1)


def test_progress_is_told_after_each_block(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    generate(tmp_path, scale=2, form="canonical", project=PROJECT, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_the_truth_is_written_only_where_asked_and_never_among_the_exports(tmp_path: Path) -> None:
    out, truth = tmp_path / "exports", tmp_path / "samples_truth.json"
    manifest = generate(out, form="canonical", truth=truth, project=PROJECT)
    written = json.loads(truth.read_text(encoding="utf-8"))
    assert written["figures"]["median_placement_wage"]["all"] == "20.15"
    assert len(written["bad_rows"]) == len(manifest.bad_rows)
    listed = (tmp_path / "samples_truth_bad_rows.csv").read_text(encoding="utf-8").splitlines()
    assert len(listed) == 1 + len(manifest.bad_rows)
    assert {path.name for path in out.iterdir()} == {file.source for file in manifest.files} | {SYNTHETIC_FILE}
    assert synthetic_digests([out]) == {file.sha256 for file in manifest.files}
    with pytest.raises(SamplesError, match="among the exports"):
        generate(out, truth=out / "construction" / "truth.json", project=PROJECT)


@pytest.mark.parametrize(
    ("scale", "seed", "form"), [(0, 1, "declared"), (10_001, 1, "declared"), (1, -1, "declared"), (1, 1, "own")]
)
def test_arguments_out_of_range_are_refused(tmp_path: Path, scale: int, seed: int, form: str) -> None:
    with pytest.raises(SamplesError):
        generate(tmp_path, scale=scale, seed=seed, form=form, project=PROJECT)


def test_another_seed_is_other_people() -> None:
    first, second = ({person["email"] for person in people(seed)} for seed in (1, 2))
    assert len(first) == len(second) == 240
    assert not first & second
