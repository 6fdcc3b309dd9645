"""A night that is killed and run again is the night that was not killed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import hrtp
from tests.crash.kills import BUILDING, NAMED, PHASES, Kills, name_of_step_calls
from tests.crash.torture import named_kills, random_kills, spread, torture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

RANDOM_KILLS = 60
PACKAGE = Path(hrtp.__file__).parent
#: Steps that a night does not pass; whoever wrote them kills at them.
ELSEWHERE = {
    *("restore", "forget", "feedback", "rotation", "bi", "page"),
    *("identity.person_key_made", "identity.decision_kept"),
}


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kills]:
    """Two nights without a kill, and copies of every stage to kill."""
    yield Kills(tmp_path_factory.mktemp("kills"), data_tests=False)


def test_the_steps_that_a_night_passes_are_those_that_are_killed_at(kills: Kills) -> None:
    assert {phase: set(kills.passed[phase]) for phase in PHASES} == {phase: set(NAMED[phase]) for phase in PHASES}


def test_no_step_is_forgotten() -> None:
    written = {name for name in name_of_step_calls(PACKAGE) if not ELSEWHERE & {name, name.split(".")[0]}}
    assert written == {name for names in NAMED.values() for name in names}


def test_arrivals_are_pinned_so_that_equal_bytes_mean_equal_nights(kills: Kills) -> None:
    sidecars = list((kills.folder / "second_out" / "landing").glob("*/*.json"))
    assert len(sidecars) > 15
    assert {line for path in sidecars for line in path.read_text().splitlines() if "received_at" in line} == {
        ' "received_at": "2026-10-01T09:00:00+00:00",'
    }


def test_the_world_has_what_a_night_can_bring(kills: Kills) -> None:
    found = kills.references["second_in"]
    assert len({source for _, source, _ in found.rows}) == 4
    assert found.claimed == found.rows
    assert set(found.loads.values()) == {1}
    assert len([name for name in found.landed if name.endswith(".again")]) == 1
    assert kills.references["first_out"].content_id != kills.references["second_out"].content_id
    log = kills.log.read_text()
    assert "reason=NOT_CSV" in log


def test_after_a_kill_at_every_named_step_a_plain_run_gives_the_same_marts(kills: Kills) -> None:
    torture(kills, named_kills(kills, passings=1, once=True), workers=2)
    assert set(kills.figures.named_kills) == {name for names in NAMED.values() for name in names}
    assert kills.figures.named_kills["build.swapped"] == 1
    assert_nothing_is_lost_double_torn_or_different(kills)


def test_after_kills_at_random_instants_a_plain_run_gives_the_same_marts(kills: Kills) -> None:
    rounds = list(random_kills(kills, RANDOM_KILLS, whole_nights=2))
    random.Random(kills.seed).shuffle(rounds)
    torture(kills, rounds, workers=2)
    assert kills.figures.random_kills == spread(RANDOM_KILLS)
    assert kills.figures.random_kills.total() == RANDOM_KILLS
    assert_nothing_is_lost_double_torn_or_different(kills)


def assert_nothing_is_lost_double_torn_or_different(kills: Kills) -> None:
    found = kills.figures
    assert (found.differing, found.lost_rows, found.double_loads, found.torn_reads) == ([], 0, 0, 0)
    assert found.reads > 50
    assert found.raw_compared + found.marts_compared >= found.random_kills.total()


def test_every_build_step_stands_in_the_order_in_which_a_build_passes_it(kills: Kills) -> None:
    steps = kills.passed["build"]
    assert tuple(dict.fromkeys(steps)) == BUILDING
    # keys, the pairs behind them, and how keys changed are a file each
    repeated = {name: steps.count(name) for name in BUILDING if steps.count(name) > 1}
    assert repeated == {"identity.keys_written": 3, "identity.keys_in_place": 3}
