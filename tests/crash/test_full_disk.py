"""The disk is full, or nearly: refused before it starts, or ended with a word and without a trace."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crash import fork, full_disk, phases, points
from tests.crash.child import Outcome, Plan
from tests.crash.kills import copy

SERVICES = "service_id,participant_id,service_type,service_date,amount\n"
SECRET = "P-Quillfeather"


def export(rows: int) -> str:
    return SERVICES + "".join(f"S{i},{SECRET}{i},housing,2026-05-01,{i}\n" for i in range(rows))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a night in it, a warehouse of that night, and an export that is waiting."""
    folder = tmp_path_factory.mktemp("full")
    desk = folder / "exports" / "construction"
    desk.mkdir(parents=True)
    (desk / "services_20260831.csv").write_text(export(3_000), encoding="utf-8")
    log, home = folder / "log", folder / "home"
    fork.value(log, phases.ingest, home, folder / "exports", ("construction",))
    fork.value(log, points.small_warehouse, home, 10)
    fork.value(log, phases.publish, home)
    fork.value(log, points.small_warehouse, home, 400_000)
    (desk / "services_20260930.csv").write_text(export(4_000), encoding="utf-8")
    return folder


def ingest(home: Path, exports: Path) -> Any:
    return phases.ingest_or_fail(home, exports, "construction")


def build(home: Path, exports: Path) -> Any:
    """With dbt put aside: a candidate is written by DuckDB either way."""
    import hrtp.build

    hrtp.build._run_dbt = points._no_dbt  # type: ignore[assignment]
    return phases.build(home)


def publish(home: Path, exports: Path) -> Any:
    return phases.publish(home)


def assert_told(outcome: Outcome, codes: set[str]) -> None:
    assert outcome.code in codes, f"{outcome.error}: {outcome.message}"
    assert "space" in outcome.message or "disk" in outcome.message or "written" in outcome.message
    assert SECRET not in outcome.message


@pytest.mark.parametrize(("step", "limit"), [(ingest, 20_000), (build, 100_000), (publish, 300_000)])
def test_i06_a_step_that_cannot_write_ends_with_a_word_and_the_next_one_makes_it_good(
    place: Path, tmp_path: Path, step: Callable[..., Any], limit: int
) -> None:
    log, exports = place / "log", place / "exports"
    home, whole = tmp_path / "home", tmp_path / "whole"
    for target in (home, whole):
        copy(place / "home", target)
    before = fork.value(log, phases.published, home)
    plan = Plan(before=full_disk.limited_and_unwatched, with_arguments=(limit,))
    assert_told(fork.run(log, step, home, exports, plan=plan), {"DISK_FULL", "LOCAL_DISK", "INTERNAL"})
    assert fork.value(log, phases.published, home) == before
    for target in (home, whole):
        fork.value(log, step, target, exports)
        fork.value(log, points.small_warehouse, target, 30)
        fork.value(log, phases.publish, target)
    assert fork.value(log, phases.look, home) == fork.value(log, phases.look, whole)
    assert fork.value(log, phases.published, home) == fork.value(log, phases.published, whole)


@pytest.mark.parametrize("step", [ingest, build, publish])
def test_i06_a_step_that_might_fill_the_disk_is_not_begun(
    place: Path, tmp_path: Path, step: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    copy(place / "home", home)
    raw = fork.value(place / "log", phases.look, home)
    outcome = fork.run(place / "log", step, home, place / "exports", plan=Plan(before=no_room))
    assert_told(outcome, {"LOW_DISK"})
    assert fork.value(place / "log", phases.look, home) == raw
    assert not (home / "warehouse" / ".candidate").exists()
    assert not list((home / "published").glob(".candidate-*"))


def no_room() -> None:
    """A disk with one megabyte left, as the system tells it."""
    import hrtp.disk

    total, used, _ = shutil.disk_usage("/")
    hrtp.disk.shutil.disk_usage = lambda _: type("Usage", (), {"total": total, "used": used, "free": 1024**2})()


def test_i06_a_night_on_a_file_system_of_its_own_that_is_full(place: Path, tmp_path: Path) -> None:
    """A real file system where this account may mount one; elsewhere the limit on files stands for it."""
    log, exports = place / "log", place / "exports"
    if full_disk.may_mount():
        with full_disk.tmpfs(tmp_path / "small", 24) as disk:
            copy(place / "home", disk / "home")
            (disk / "ballast").write_bytes(b"\0" * _free(disk, leave=150_000))
            plan = Plan(before=full_disk.unwatched)
            full_then_whole(log, disk / "home", exports, plan, lambda: (disk / "ballast").unlink())
    else:
        copy(place / "home", tmp_path / "home")
        plan = Plan(before=full_disk.limited_and_unwatched, with_arguments=(20_000,))
        full_then_whole(log, tmp_path / "home", exports, plan, lambda: None)


def full_then_whole(log: Path, home: Path, exports: Path, plan: Plan, make_room: Callable[[], None]) -> None:
    before = fork.value(log, phases.published, home)
    for step in (ingest, build, publish):
        assert_told(fork.run(log, step, home, exports, plan=plan), {"DISK_FULL", "LOCAL_DISK", "INTERNAL"})
        assert fork.value(log, phases.published, home) == before
    make_room()
    for step in (ingest, publish):
        fork.value(log, step, home, exports, plan=Plan(before=full_disk.unwatched))
    found = fork.value(log, phases.look, home)
    assert sorted(found.rows.values()) == [3_000, 4_000]
    assert set(found.loads.values()) == {1}
    assert fork.value(log, phases.published, home).content_id != before.content_id


def _free(disk: Path, leave: int) -> int:
    return shutil.disk_usage(disk).free - leave
