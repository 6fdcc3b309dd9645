"""The stack really runs: PostgreSQL, Redis, five Airflow services, and a task through Celery."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
import requests

from hrtp.contracts import load_contracts
from hrtp.raw import RawZone
from hrtp.settings import load_settings
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
NIGHT = """
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task


@dag(schedule=None)
def night():
    @task(retries=5, retry_delay=timedelta(seconds=2))
    def take_in(folder):
        from datetime import date

        from hrtp.ingest import ingest, source_config
        from hrtp.settings import load_settings

        folder = Path(folder)
        (folder / "begun").touch()
        while not (folder / "go").exists():
            time.sleep(0.2)
        settings = load_settings(home=folder / "home", exports=folder / "exports", as_of=date(2026, 9, 30))
        result = ingest(source_config("construction", settings), settings)
        with (folder / "ends").open("a") as ends:
            print(result.summary()["rows_loaded"], file=ends)

    take_in("{folder}")


night()
"""
SECONDS = 90
"""Bounds a wait on a stack that hangs; nothing here measures time."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    # not one of pytest's folders, which are for one user: PostgreSQL is another
    with (
        TemporaryDirectory(prefix="hrtp-stack-") as folder,
        running_stack(
            Path(folder), {"loopback.py": DAG, "night.py": NIGHT.replace("{folder}", f"{folder}/crash")}
        ) as running,
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
    names = ("postgres", "bi-postgres", "redis", *AIRFLOW_SERVICES)
    assert {name: stack.is_healthy(name) for name in names} == dict.fromkeys(names, True)


def test_the_worker_s_login_may_publish_and_the_dashboards_login_may_read(stack: Stack) -> None:
    dsn = stack.environment("airflow-worker")["HRTP_POSTGRES_DSN"]
    with psycopg.connect(dsn) as connection:
        connection.execute("set role marts_owner")
        connection.execute("lock table marts_nights.publishing in exclusive mode")
    password = stack.settings["HRTP_BI_READER_PASSWORD"]
    with psycopg.connect(dsn, user="bi_reader", password=password) as connection:
        assert connection.execute("select count(*) from published_night").fetchall() == [(0,)]


def test_a_wrong_password_and_no_password_open_nothing(stack: Stack) -> None:
    for password in ("admin", "airflow", "x" * 16):
        login = {"username": stack.settings["AIRFLOW_ADMIN_USER"], "password": password}
        assert requests.post(f"{stack.web}/auth/token", json=login, timeout=SECONDS).status_code == 401
    assert requests.get(f"{stack.web}/api/v2/dags", timeout=SECONDS).status_code == 401


def test_a_run_goes_through_celery_to_success(stack: Stack, web: requests.Session) -> None:
    wait_until(
        lambda: call(stack, web, "GET", "dags")["total_entries"] == 2,
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


@pytest.mark.timeout(900)
def test_i14_a_night_whose_metadata_database_goes_and_comes_back_is_caught_up_once(
    stack: Stack, web: requests.Session
) -> None:
    """PostgreSQL goes while a task runs, and comes back: the run ends well by itself, and every row is there once."""
    folder = stack.folder / "crash"
    desk = folder / "exports" / "construction"
    desk.mkdir(parents=True)
    rows = "".join(f"S{i},P{i},housing,2026-05-01,1\n" for i in range(30))
    (desk / "services_20260930.csv").write_text(f"service_id,participant_id,service_type,service_date,amount\n{rows}")
    call(stack, web, "PATCH", "dags/night", is_paused=False)
    run = call(stack, web, "POST", "dags/night/dagRuns", logical_date=None)["dag_run_id"]
    wait_until((folder / "begun").exists, SECONDS, lambda: stack.tail("airflow-worker"))
    stack.stop_postgres()
    (folder / "go").touch()
    # the task may end well and not be able to say so, or be ended because it cannot say that it is alive
    worker = stack.log("airflow-worker")
    wait_until(
        lambda: (folder / "ends").exists() or "Database error" in worker.read_text(encoding="utf-8"),
        SECONDS,
        lambda: stack.tail("airflow-worker"),
    )
    stack.serve_postgres()
    state = f"dags/night/dagRuns/{run}"

    def is_settled() -> bool:
        stack.revive()  # as the file's restart policy does, at any time
        try:
            answer = web.get(f"{stack.web}/api/v2/{state}", timeout=SECONDS)
        except requests.RequestException:
            return False
        return answer.ok and answer.json()["state"] in ("success", "failed")

    wait_until(is_settled, 5 * SECONDS, lambda: stack.tail("airflow-scheduler") + stack.tail("airflow-worker"))
    assert call(stack, web, "GET", state)["state"] == "success", stack.tail("airflow-worker")
    assert (folder / "ends").exists()
    settings = load_settings(home=folder / "home")
    zone = RawZone(settings, load_contracts(settings.project))
    assert [(m.state, m.rows_loaded) for m in zone.manifests(zone.version())] == [("loaded", 30)]


def _succeeded(stack: Stack) -> str:
    lines = stack.log("airflow-worker").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if "succeeded in" in line)


def test_no_secret_appears_in_a_log_or_in_a_list_of_processes(stack: Stack) -> None:
    secrets = {name: value for name, value in stack.settings.items() if re.search("PASSWORD|SECRET|KEY", name)}
    assert len(secrets) == 14
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
