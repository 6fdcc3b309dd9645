"""The stack really runs: PostgreSQL, Redis, five Airflow services, and a task through Celery."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests

from tests.compose.compose_file import AIRFLOW_SERVICES
from tests.compose.loopback import Stack, running_stack, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

DAG = """
import os

from airflow.sdk import dag, task


@dag(schedule=None)
def loopback():
    @task
    def look_around():
        print("looking around in the worker")
        databases = sorted({value for name, value in os.environ.items() if "SQL_ALCHEMY_CONN" in name})
        return {"settings": sorted(os.environ), "databases": databases}

    look_around()


loopback()
"""
SECONDS = 90
"""Bounds a wait on a stack that hangs; nothing here measures time."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    # not one of pytest's folders, which are for one user: PostgreSQL is another
    with (
        TemporaryDirectory(prefix="hrtp-stack-") as folder,
        running_stack(Path(folder), {"loopback.py": DAG}) as running,
    ):
        yield running
        running.stop()
        assert running.survivors() == []


@pytest.fixture(scope="module")
def web(stack: Stack) -> requests.Session:
    """The REST API, with the administrator that airflow-init made."""
    session = requests.Session()
    login = {"username": stack.settings["AIRFLOW_ADMIN_USER"], "password": stack.settings["AIRFLOW_ADMIN_PASSWORD"]}
    answer = session.post(f"{stack.web}/auth/token", json=login, timeout=SECONDS)
    assert answer.status_code == 201, answer.text
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


def call(stack: Stack, web: requests.Session, method: str, path: str, **body: Any) -> Any:
    answer = web.request(method, f"{stack.web}/api/v2/{path}", json=body or None, timeout=SECONDS)
    assert answer.ok, answer.text
    return answer.json()


def test_every_service_passes_its_own_health_check(stack: Stack) -> None:
    assert {name: stack.is_healthy(name) for name in ("postgres", "redis", *AIRFLOW_SERVICES)} == dict.fromkeys(
        ("postgres", "redis", *AIRFLOW_SERVICES), True
    )


def test_a_wrong_password_and_no_password_open_nothing(stack: Stack) -> None:
    for password in ("admin", "airflow", "x" * 16):
        login = {"username": stack.settings["AIRFLOW_ADMIN_USER"], "password": password}
        assert requests.post(f"{stack.web}/auth/token", json=login, timeout=SECONDS).status_code == 401
    assert requests.get(f"{stack.web}/api/v2/dags", timeout=SECONDS).status_code == 401


def test_a_run_goes_through_celery_to_success(stack: Stack, web: requests.Session) -> None:
    wait_until(
        lambda: call(stack, web, "GET", "dags")["total_entries"] == 1,
        SECONDS,
        lambda: stack.tail("airflow-dag-processor"),
    )
    call(stack, web, "PATCH", "dags/loopback", is_paused=False)
    run = call(stack, web, "POST", "dags/loopback/dagRuns", logical_date=None)["dag_run_id"]
    state = f"dags/loopback/dagRuns/{run}"
    wait_until(
        lambda: call(stack, web, "GET", state)["state"] in ("success", "failed"),
        SECONDS,
        lambda: stack.tail("airflow-scheduler") + stack.tail("airflow-worker"),
    )
    task = f"{state}/taskInstances/look_around"
    assert call(stack, web, "GET", state)["state"] == "success", stack.tail("airflow-worker")
    assert call(stack, web, "GET", task)["executor"] in (None, "CeleryExecutor")
    done = "Task execute_workload"  # Celery's own line, right after the task has told the api-server
    wait_until(lambda: done in _succeeded(stack), SECONDS, lambda: stack.tail("airflow-worker"))

    # the log comes to the web page over the shared volume, and the task saw no secret of the control services
    assert "looking around in the worker" in str(call(stack, web, "GET", f"{task}/logs/1"))
    seen = call(stack, web, "GET", f"{task}/xcomEntries/return_value")["value"]
    assert seen["databases"] == ["airflow-db-not-allowed:///"]
    assert "HRTP_PERSON_KEY" in seen["settings"]
    assert not {name for name in seen["settings"] if "JWT" in name or "FERNET" in name or "ADMIN" in name}


def _succeeded(stack: Stack) -> str:
    lines = stack.log("airflow-worker").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if "succeeded in" in line)


def test_no_secret_appears_in_a_log_or_in_a_list_of_processes(stack: Stack) -> None:
    secrets = {name: value for name, value in stack.settings.items() if re.search("PASSWORD|SECRET|KEY", name)}
    assert len(secrets) == 7
    texts = {path: path.read_bytes() for path in stack.folder.glob("*.log")}
    texts |= {path: path.read_bytes() for path in (stack.folder / "zones").rglob("*") if path.is_file()}
    texts |= {Path(f"/proc/{pid}/cmdline"): _command_line(pid) for pid in stack.survivors()}
    assert len(texts) > 15
    assert not [(str(path), name) for path, text in texts.items() for name in secrets if secrets[name].encode() in text]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_the_first_start_may_be_repeated_with_a_new_password(stack: Stack) -> None:
    """As the last: what it changes, the other tests have used."""
    before = {"username": stack.settings["AIRFLOW_ADMIN_USER"], "password": stack.settings["AIRFLOW_ADMIN_PASSWORD"]}
    after = before | {"password": "a new one of sixteen characters"}
    stack.services["airflow-init"]["environment"]["AIRFLOW_ADMIN_PASSWORD"] = after["password"]
    stack.run_to_the_end("airflow-init", SECONDS)
    status = [
        requests.post(f"{stack.web}/auth/token", json=login, timeout=SECONDS).status_code for login in (before, after)
    ]
    assert status == [401, 201]
