"""Two runs of one thing, a run that was forgotten and wakes up, and a lock that nobody lets go."""

from __future__ import annotations

import os
import queue
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hrtp.nightly import run_night
from hrtp.settings import load_settings
from tests.crash import fork, phases, points
from tests.crash.child import Plan
from tests.crash.kills import copy

SERVICES = "service_id,participant_id,service_type,service_date,amount\n"
ROWS = "S1,P1,housing,2026-05-01,1\nS2,P2,yacht,2026-05-01,1\nS3,P3,housing,2026-05-01,1\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An export that waits, with a bad row, and a home that has the zones but nothing in them."""
    for source, day in (("construction", "20260831"), ("construction", "20260930"), ("healthcare", "20260930")):
        (tmp_path / "exports" / source).mkdir(parents=True, exist_ok=True)
        name = f"services_{day}.csv"
        (tmp_path / "exports" / source / name).write_text(SERVICES + ROWS + f"X,P9,food,2026-05-02,{day}\n")
    (tmp_path / "exports" / "healthcare" / "services_20260930.csv").write_text(SERVICES + ROWS.replace("S", "H"))
    return tmp_path


def whole(place: Path) -> phases.Raw:
    """What one undisturbed night leaves."""
    fork.value(place / "log", ingest, place / "whole", place / "exports")
    found: phases.Raw = fork.value(place / "log", phases.look, place / "whole")
    assert sum(found.rows.values()) == 6
    return found


def ingest(home: Path, exports: Path) -> dict[str, str]:
    return phases.ingest(home, exports, ("construction", "healthcare"))


def impatient(seconds: float) -> None:
    import hrtp.locks

    hrtp.locks.PATIENCE_SECONDS = seconds


def no_locks() -> None:
    """As on a file system that does not lock, or on two machines."""
    import hrtp.locks

    hrtp.locks._try = lambda _: True


def test_two_ingests_of_one_source_load_every_file_once(place: Path) -> None:
    both = [fork.start(place / "log", ingest, place / "home", place / "exports") for _ in range(2)]
    assert [child.end().error for child in both] == [None, None]
    assert fork.value(place / "log", phases.look, place / "home") == whole(place)


@pytest.mark.parametrize(
    "step", ["landing.bytes_kept", "ingest.batch_closed", "raw.quarantine_committed", "raw.rows_committed"]
)
def test_a_zombie_that_no_lock_keeps_out_does_no_harm_when_it_wakes_up(place: Path, step: str) -> None:
    zombie = fork.start(
        place / "log", ingest, place / "home", place / "exports", plan=Plan(before=no_locks, stop_at=(step, 1))
    )
    zombie.wait_for("stopped")
    fork.value(place / "log", ingest, place / "home", place / "exports", plan=Plan(before=no_locks))
    zombie.resume()
    zombie.end()
    fork.value(place / "log", ingest, place / "home", place / "exports")
    found, undisturbed = fork.value(place / "log", phases.look, place / "home"), whole(place)
    assert (found.tables, found.loads, found.landed) == (undisturbed.tables, undisturbed.loads, undisturbed.landed)


def test_a_run_that_waits_for_a_stopped_one_gives_up_and_names_it(place: Path) -> None:
    stopped = fork.start(
        place / "log", ingest, place / "home", place / "exports", plan=Plan(stop_at=("ingest.pulled", 1))
    )
    stopped.wait_for("stopped")
    plan = Plan(before=impatient, with_arguments=(0.3,))
    arguments = (place / "home", place / "exports", "construction")
    outcome = fork.run(place / "log", phases.ingest_or_fail, *arguments, plan=plan)
    assert outcome.code == "BUSY"
    assert f"process {stopped.process.pid} since" in outcome.message
    stopped.resume()
    assert stopped.end().error is None
    assert fork.value(place / "log", phases.look, place / "home") == whole(place)


def stub_build(home: Path) -> object:
    import hrtp.build

    hrtp.build._run_dbt = points._no_dbt  # type: ignore[assignment]
    return phases.build(home)


def stub_build_and_publish(home: Path) -> str:
    stub_build(home)
    return phases.publish(home)


def test_two_builds_and_a_publish_at_once_leave_one_whole_night(place: Path) -> None:
    log, home = place / "log", place / "home"
    undisturbed = whole(place)
    fork.value(log, stub_build_and_publish, place / "whole")
    fork.value(log, ingest, home, place / "exports")
    fork.value(log, points.small_warehouse, home, 5)
    fork.value(log, phases.publish, home)
    first = fork.start(log, stub_build, home, plan=Plan(stop_at=("build.before_swap", 1)))
    first.wait_for("stopped")
    others = [fork.start(log, stub_build, home), fork.start(log, phases.publish, home)]
    first.resume()
    assert [child.end().error for child in (first, *others)] == [None, None, None]
    fork.value(log, phases.publish, home)
    assert fork.value(log, phases.published, home) == fork.value(log, phases.published, place / "whole")
    assert fork.value(log, phases.look, home) == undisturbed


def test_a_kill_between_the_key_and_its_fingerprint_does_not_change_the_key(place: Path) -> None:
    log, home = place / "log", place / "home"
    died = fork.start(log, own_key, home, plan=Plan(kill_at=("identity.person_key_made", 1)))
    assert died.death() == 9
    made = (home / "identity" / "person_key").read_bytes()
    assert not (home / "identity" / "person_key.fingerprint").exists()
    fingerprint = fork.value(log, own_key, home)
    assert (home / "identity" / "person_key").read_bytes() == made
    assert (home / "identity" / "person_key.fingerprint").read_text() == fingerprint
    copy(home, place / "again")
    assert fork.value(log, own_key, place / "again") == fingerprint


def own_key(home: Path) -> str:
    from hrtp.identity import load_person_key
    from hrtp.settings import load_settings

    return load_person_key(load_settings(home=home)).fingerprint


STUB_NIGHT = """
import json, os, sys
from pathlib import Path

home = Path(os.environ["HRTP_HOME"])
with (home / "nights").open("a") as nights:
    print("begin", file=nights)
print("the night has begun", flush=True)
(home / "go").read_text()
with (home / "nights").open("a") as nights:
    print("end", file=nights)
report = Path(sys.argv[sys.argv.index("--report") + 1])
report.write_text(json.dumps({"published": {"changed": True}, "dags": {}}))
"""


def test_a_second_night_says_that_it_waits_and_begins_when_the_first_has_ended(tmp_path: Path) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    (project / "sources").mkdir(parents=True)
    (project / "orchestration").mkdir()
    (project / "orchestration" / "nightly.py").write_text(STUB_NIGHT, encoding="utf-8")
    settings = load_settings(home=home, project=project)
    settings.make_zones()
    os.mkfifo(home / "go")
    said: queue.Queue[str] = queue.Queue()

    def night() -> bool:
        return run_night(settings, None, None, said.put).published is not None

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(night)
        assert said.get(timeout=60) == "the night has begun"
        second = pool.submit(night)
        assert said.get(timeout=60).startswith(f"another night is running (process {os.getpid()} since ")
        assert (home / "nights").read_text() == "begin\n"
        (home / "go").write_text("go")
        assert first.result(timeout=60)
        assert said.get(timeout=60) == "the night has begun"
        (home / "go").write_text("go")
        assert second.result(timeout=60)
    assert (home / "nights").read_text() == "begin\nend\n" * 2
