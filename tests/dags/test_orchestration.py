"""The embedded run and the local services: what they set, what they survive, what they leave behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from orchestration.environment import airflow_environment, passwords_file

from tests.dags.conftest import CHECKOUT, DAGS

NIGHT = datetime(2026, 9, 30, 13, 0, tzinfo=UTC)


def mode(path: Path) -> str:
    """Permissions of a path, in octal."""
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_keys_are_made_once_and_only_this_user_can_read_them(tmp_path: Path) -> None:
    first = airflow_environment(tmp_path, CHECKOUT)
    second = airflow_environment(tmp_path, CHECKOUT)
    assert first == second
    assert mode(tmp_path / "airflow") == "700"
    assert mode(tmp_path / "airflow" / "keys.json") == "600"
    assert mode(passwords_file(tmp_path)) == "600"
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert first["AIRFLOW__API_AUTH__JWT_SECRET"] != first["AIRFLOW__API__SECRET_KEY"]


def test_two_homes_share_no_key(tmp_path: Path) -> None:
    one, other = (airflow_environment(tmp_path / name, CHECKOUT) for name in ("one", "other"))
    assert one["AIRFLOW__API_AUTH__JWT_SECRET"] != other["AIRFLOW__API_AUTH__JWT_SECRET"]


def test_every_setting_is_one_that_this_airflow_knows(tmp_path: Path) -> None:
    from airflow.configuration import conf

    for name in airflow_environment(tmp_path, CHECKOUT, port=8080):
        if name.startswith("AIRFLOW__"):
            section, key = name.removeprefix("AIRFLOW__").lower().split("__", 1)
            assert key in conf.configuration_description[section]["options"], name


def test_services_listen_on_loopback_and_write_below_home(tmp_path: Path) -> None:
    environment = airflow_environment(tmp_path, CHECKOUT, port=18080)
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18080/execution/"
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{tmp_path}/airflow/airflow.db"
    assert environment["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] == f"{tmp_path}/logs/airflow"


def test_a_run_that_crashes_or_raises_leaves_the_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration import embedded, nightly

    from hrtp.errors import IngestFailed

    def play(dag: Any, moment: datetime, conf: dict[str, Any], log: Path) -> embedded.RunOutcome:
        if dag.dag_id == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if dag.dag_id == "raises":
            raise IngestFailed("participants rejected as NOT_CSV")
        if dag.dag_id == "leaks":
            raise ValueError("Maria Lopez 1990-01-02")
        return embedded.RunOutcome(dag.dag_id, "success", 1.0, {"ingest": {"rows_loaded": 1234, "new_tables": 8}})

    monkeypatch.setattr(embedded, "run_dag", play)
    said: list[str] = []
    names = ["killed", "raises", "leaks", "ingest_a", "ingest_b"]
    dags: Any = [SimpleNamespace(dag_id=name) for name in names]
    outcomes = {o.dag_id: o for o in nightly._side_by_side(dags, 2, NIGHT, {}, tmp_path, said.append)}
    assert {name: o.state for name, o in outcomes.items()} == {
        "killed": "failed",
        "raises": "failed",
        "leaks": "failed",
        "ingest_a": "success",
        "ingest_b": "success",
    }
    assert outcomes["killed"].error == "the run's process ended with -9 before it was done"
    assert outcomes["raises"].error == "INGEST_FAILED: participants rejected as NOT_CSV"
    assert outcomes["leaks"].error == "ValueError (see the log)"
    assert len(said) == 5
    assert any("8 new tables, 1,234 rows loaded" in line for line in said)


def test_what_is_imported_before_the_forks_starts_no_thread(tmp_path: Path) -> None:
    """A fork copies memory and no threads: a lock that a thread holds at that moment is held for ever."""
    code = (
        "import threading; from orchestration.warm import import_heavy_modules, set_up_execution_api; "
        "set_up_execution_api(); import_heavy_modules(); print([t.name for t in threading.enumerate()])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | airflow_environment(tmp_path, CHECKOUT),
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.splitlines()[-1] == "['MainThread']"


def test_only_processes_that_fork_tasks_import_what_tasks_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(CHECKOUT / "orchestration" / "local_settings"))
    import airflow_local_settings

    forks = airflow_local_settings.forks_tasks
    assert forks(["airflow", "scheduler", "--skip-serve-logs"])
    assert forks(["airflow", "celery", "worker"])
    for command in (["api-server"], ["dag-processor"], ["triggerer"], ["celery", "flower"], ["dags", "list"], []):
        assert not forks(["airflow", *command])


def test_a_task_dies_with_its_worker() -> None:
    """Worker and task as Airflow has them: the worker is killed, and the task is gone before a retry can start."""
    code = """
import os, sys, time
from hrtp.process import die_with_parent
task = os.fork()
if task == 0:
    die_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(60)
os.waitpid(task, 0)
"""
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    task = int(worker.stdout.readline())
    assert is_alive(task)
    worker.kill()
    worker.wait()
    deadline = time.monotonic() + 5
    while is_alive(task) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(task)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_no_dag_file_has_a_name_that_dbt_would_import() -> None:
    assert not [path.name for path in DAGS.rglob("*.py") if path.name.startswith("dbt_")]
