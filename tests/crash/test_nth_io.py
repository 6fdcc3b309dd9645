"""Every writing call of a night fails once: an error with a code, nothing half done, and the next run makes it good."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import fork, phases, points

PARTICIPANTS = "participant_id,first_name,last_name,date_of_birth\n"
SERVICES = "service_id,participant_id,service_type,service_date,amount\n"
SECRET = "Quillfeather"


def assert_tried(found: points.Points, number: int, least: int, calls: set[str]) -> None:
    """EIO is tried at every point, ENOSPC at every third."""
    if number == points.EIO:
        assert calls <= set(found.calls)
        assert found.tried > least
    else:
        assert found.tried > least // 3


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One night is in; another brings a file that is good, one with a bad row, and one that is broken."""
    folder = tmp_path_factory.mktemp("points")
    desk = folder / "exports" / "construction"
    desk.mkdir(parents=True)
    people = "".join(f"P{i},Ann{i},{SECRET},1990-01-0{i}\n" for i in range(1, 6))
    (desk / "participants_20260831.csv").write_text(PARTICIPANTS + people, encoding="utf-8")
    fork.value(folder / "log", phases.ingest, folder / "home", folder / "exports", ("construction",))
    (desk / "participants_20260930.csv").write_text(PARTICIPANTS + people + f"P6,Bea,{SECRET},1991-02-03\n", "utf-8")
    rows = "S1,P1,housing,2026-05-01,1\nS2,P2,yacht,2026-05-01,1\n"
    (desk / "services_20260930.csv").write_text(SERVICES + rows, encoding="utf-8")
    (folder / "verdicts").mkdir()
    return folder


@pytest.mark.parametrize("number", [points.EIO, points.ENOSPC], ids=["EIO", "ENOSPC"])
def test_every_write_of_an_ingest_fails_once_and_the_next_run_loads_the_same(home: Path, number: int) -> None:
    found = fork.value(
        home / "log",
        points.ingest_points,
        *(home / "home", home / f"ingest-{number}", home / "exports", home / "verdicts", number, SECRET),
    )
    assert (found.unforeseen, found.differing) == ([], [])
    assert_tried(found, number, 40, {"os.replace", "os.fsync", "os.open", "file.write"})


@pytest.mark.parametrize("number", [points.EIO, points.ENOSPC], ids=["EIO", "ENOSPC"])
def test_every_write_of_a_publish_fails_once_and_the_next_run_publishes_the_same(tmp_path: Path, number: int) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    fork.value(log, points.small_warehouse, home, 10)
    fork.value(log, phases.publish, home)
    fork.value(log, points.small_warehouse, home, 20)
    found = fork.value(log, points.publish_points, home, tmp_path / "work", number)
    assert (found.unforeseen, found.differing) == ([], [])
    assert_tried(found, number, 20, {"os.replace", "os.fsync", "os.symlink", "file.write"})


@pytest.mark.parametrize("number", [points.EIO, points.ENOSPC], ids=["EIO", "ENOSPC"])
def test_every_write_of_a_build_fails_once_and_the_next_run_builds_the_same(home: Path, number: int) -> None:
    found = fork.value(home / "log", points.build_points, home / "home", home / f"build-{number}", number)
    assert (found.unforeseen, found.differing) == ([], [])
    assert_tried(found, number, 10, {"os.replace", "os.fsync", "os.open"})
