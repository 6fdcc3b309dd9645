"""Forgetting follows the steward's word: whom it joins goes, whom it parts stays, also before the next build."""

from __future__ import annotations

from pathlib import Path

import pytest

import hrtp.forget.run
from hrtp.forget import find, forget
from hrtp.identity.decisions import Decisions
from hrtp.redaction import Suppression
from hrtp.stewardship.decide import decide
from tests.unit.steward_world import StewardWorld, participant

M1, M2 = participant("construction", "M1"), participant("healthcare", "M2")
T1, T2 = participant("construction", "T1"), participant("healthcare", "T2")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parted")
    StewardWorld(folder)
    return folder


@pytest.fixture
def world(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StewardWorld:
    """What stands behind landing is not looked at here."""
    monkeypatch.setattr(hrtp.forget.run, "restore", lambda settings, as_of, progress: None)
    return StewardWorld(tmp_path, sound)


def landed(world: StewardWorld) -> str:
    paths = [path for path in world.settings.landing.glob("*/*") if len(path.name) == 64]
    return "\n".join(path.read_text() for path in sorted(paths))


def test_without_a_word_two_who_share_a_state_id_are_one_and_go_together(world: StewardWorld) -> None:
    assert find("construction", "T1", world.settings).rows == 2


def test_a_twin_whom_the_steward_has_parted_stays_and_still_comes_in(world: StewardWorld) -> None:
    decide(world.open(), T1, T2, "apart", why="twins", by="steward")
    found = forget("construction", "T1", world.settings, why="request 1", by="desk")
    assert found.rows == 1
    text = landed(world)
    assert "Ines" not in text
    assert "T2,Ida,Okafor,2001-07-30,5512,CJ7001" in text
    assert not Suppression(world.settings.landing).has_state("cj7001")
    assert Suppression(world.settings.landing).has_own("construction", "T1")
    assert Decisions(world.settings.landing).all() == []


def test_whom_a_steward_has_joined_go_together_although_no_build_came_between(world: StewardWorld) -> None:
    assert find("construction", "M1", world.settings).rows == 1
    decide(world.open(), M1, M2, "merge", why="both cards seen", by="steward")
    assert find("construction", "M1", world.settings).rows == 2
    forget("healthcare", "M2", world.settings, why="request 2", by="desk")
    text = landed(world)
    assert "Quintero" not in text
    assert "Desmond" in text
    (document,) = Decisions(world.settings.landing).files.documents()
    assert (document["number"], document["verdict"], document["by"]) == (1, "merge", "steward")
    assert [document[name] for name in ("left", "right", "why", "seen")] == [None] * 4
