"""I01 to I09 and I17: processes that are killed, stopped or refused by the machine; child processes, real SIGKILLs."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from hrtp.build import build_warehouse
from hrtp.disk import LowDiskError
from hrtp.raw import RawZone
from tests.crash import fork, phases
from tests.crash.child import Plan
from tests.faults.bad_bytes import machines
from tests.faults.bad_bytes.rows import service, services_csv
from tests.faults.built import SEPTEMBER
from tests.faults.machine import Machine
from tests.faults.world import CONTRACTS, FAULTY, World

NEW = "services_20260930.csv"
SIGKILL = 9


def take_in(world: World) -> tuple[Path, Path, tuple[str, ...]]:
    """Arguments of ``phases.ingest`` for the faulty source."""
    return world.settings.home, world.exports, (FAULTY,)


def killed(world: World, plan: Plan) -> None:
    """Run the ingest in a process that dies of SIGKILL."""
    assert fork.start(world.folder / "log", phases.ingest, *take_in(world), plan=plan).death() == SIGKILL


def recovers(world: World) -> None:
    """A plain run brings what a night without the fault would have brought."""
    assert world.ingest().state == "ok"
    assert world.counts(NEW) == (9, 8, 1, 0, 0)
    assert world.quarantined() == [(10, "UNKNOWN_CODE", "service_type")]
    assert len(world.rows(name=NEW)) == 8
    before = world.zone.version()
    assert world.ingest().new == []
    assert world.zone.version() == before


@pytest.fixture
def delivered(world: World) -> World:
    """Eight good rows and a bad one lie in the partner's folder."""
    world.drop(NEW, services_csv(service(9, service_type="zqyacht"), count=8))
    return world


def test_I01_killed_in_the_middle_of_a_download(delivered: World) -> None:
    killed(delivered, Plan(before=machines.die_in_download, with_arguments=(100,)))
    (part,) = (delivered.settings.landing / FAULTY / ".incoming").iterdir()
    assert part.stat().st_size == 100
    assert delivered.last_good_stands()
    recovers(delivered)
    assert not part.exists()


def test_I02_killed_in_the_middle_of_a_transaction(delivered: World) -> None:
    # the quarantined row is written, the rows and the manifest are not
    killed(delivered, Plan(kill_at=("raw.quarantine_committed", 1)))
    assert delivered.last_good_stands()
    recovers(delivered)


def test_I03_killed_after_the_commit(delivered: World) -> None:
    killed(delivered, Plan(kill_at=("raw.rows_committed", 1)))
    assert delivered.counts(NEW) == (9, 8, 1, 0, 0)
    before = delivered.zone.version()
    assert delivered.ingest().new == []
    assert delivered.zone.version() == before
    recovers(delivered)


def test_I07_two_runs_at_once(delivered: World) -> None:
    log = delivered.folder / "log"
    first = fork.start(log, phases.ingest, *take_in(delivered), plan=Plan(stop_at=("ingest.pulled", 1)))
    first.wait_for("stopped")
    second = fork.start(log, phases.ingest, *take_in(delivered))
    first.resume()
    assert [run.end().value for run in (first, second)] == [{FAULTY: "ok"}] * 2
    recovers(delivered)


def test_I08_zombie_copy_of_a_task(delivered: World) -> None:
    log = delivered.folder / "log"
    zombie = fork.start(log, phases.ingest, *take_in(delivered), plan=Plan(stop_at=("raw.quarantine_committed", 1)))
    zombie.wait_for("stopped")
    copy = fork.start(log, phases.ingest, *take_in(delivered))
    # it wakes up beside its copy, which waits for the lock
    zombie.resume()
    assert [run.end().value for run in (zombie, copy)] == [{FAULTY: "ok"}] * 2
    recovers(delivered)
    # and without any lock: the same transaction comes to nothing
    manifest = delivered.manifest(NEW)
    columns = [name for name in delivered.rows(name=NEW).columns if name in delivered.zone.schema("services").names]
    before = delivered.zone.version()
    again = RawZone(delivered.settings, CONTRACTS).load(
        manifest, delivered.rows(name=NEW)[columns], delivered.quarantine()[:0]
    )
    assert (again, delivered.zone.version()) == (False, before)


def test_I06_the_disk_is_full(delivered: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(before=machines.small_disk, with_arguments=(128,))
    outcome = fork.run(delivered.folder / "log", phases.ingest_or_fail, *take_in(delivered)[:2], FAULTY, plan=plan)
    assert outcome.code == "LOCAL_DISK", outcome
    assert "zq" not in outcome.message.casefold()
    assert delivered.last_good_stands()
    recovers(delivered)
    # a build asks first whether there is room, and begins nothing where there is none
    usage = type(shutil.disk_usage("/"))(10**9, 10**9 - 4096, 4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(LowDiskError) as refused:
        build_warehouse(delivered.settings, SEPTEMBER)
    assert refused.value.code == "LOW_DISK"
    assert not (delivered.settings.warehouse / ".candidate").exists()


def test_I04_killed_in_the_middle_of_the_build(machine: Machine) -> None:
    before = machine.warehouse.read_bytes()
    plan = Plan(kill_at=("build.dbt_done", 1), data_tests=False)
    assert fork.start(machine.log, phases.build, machine.home, plan=plan).death() == SIGKILL
    candidate = machine.home / "warehouse" / ".candidate"
    assert (candidate / "hrtp.duckdb").exists()
    assert machine.warehouse.read_bytes() == before
    assert machine.serves() == machine.content_id
    assert machine.build() == machine.digest
    assert not candidate.exists()


def test_I05_killed_around_the_swap(machine: Machine) -> None:
    seen = []
    for step in ("publish.before_replace", "publish.version_in_place", "publish.current_linked"):
        assert fork.start(machine.log, phases.publish, machine.home, plan=Plan(kill_at=(step, 1))).death() == SIGKILL
        seen.append(machine.serves())
    new = machine.publish()
    # the old ones until the one link is set, the new ones from then on
    assert seen == [machine.content_id, machine.content_id, new]
    assert machine.serves() == new != machine.content_id


def test_I09_read_only_file_system(machine: Machine) -> None:
    warehouse = machine.warehouse.read_bytes()
    plan = Plan(before=machines.read_only, with_arguments=(str(machine.home / "published"), errno.EROFS))
    outcome = fork.run(machine.log, phases.publish, machine.home, plan=plan)
    assert outcome.error == "PublishFailed", outcome
    assert machine.serves() == machine.content_id
    assert machine.warehouse.read_bytes() == warehouse
    # once it can be written again, a plain run publishes
    assert machine.publish() != machine.content_id


def test_I17_memory_runs_out(machine: Machine) -> None:
    plan = Plan(before=machines.little_memory, with_arguments=("4MB",), data_tests=False)
    outcome = fork.run(machine.log, phases.build, machine.home, plan=plan)
    assert outcome.error == "BuildFailed", outcome
    assert phases.marts_digest(machine.warehouse) == machine.digest
    assert machine.serves() == machine.content_id
