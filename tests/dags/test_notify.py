"""Airflow's way to the alerts: a failed step and a missed deadline tell people, and break nothing."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hrtp.errors import BuildFailed
from hrtp.outcomes import BUILD, recorded
from tests.alerts.servers import Hook, web_server

FAILED_TASK: dict[str, Any] = {
    "dag": None,
    "task_instance": SimpleNamespace(task_id="build", dag_id="warehouse"),
}
LATE = {"dag_run": {"dag_id": "ingest_healthcare", "dag_run_id": "scheduled__1"}}


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A web server that the deployment's alerts and heartbeat go to."""
    monkeypatch.setattr("hrtp.alerts.channels.WAIT_SECONDS", 0.01)
    with web_server() as server:
        monkeypatch.setenv("HRTP_HOME", str(tmp_path))
        monkeypatch.setenv("HRTP_ALERT_WEBHOOK", server.url)
        monkeypatch.setenv("HRTP_HEARTBEAT_URL", server.url)
        yield server


def test_a_failed_build_is_told_once_however_often_its_callback_runs_and_no_heartbeat_is_sent(hook: Hook) -> None:
    from hrtp_airflow.notify import TellThePeople
    from hrtp_airflow.partners import project_settings

    with pytest.raises(BuildFailed), recorded(project_settings(), BUILD):
        raise BuildFailed("1 of 300 dbt nodes did not pass")
    TellThePeople()(dict(FAILED_TASK))
    TellThePeople()(dict(FAILED_TASK))
    (text,) = hook.texts()
    assert text.splitlines()[0] == "[HRTP] warehouse: act on BUILD_FAILED, TASK_FAILED"
    assert "build failed: 1 of 300 dbt nodes did not pass. Readers keep the last good figures" in text
    assert hook.got == []


def test_a_channel_that_is_down_does_not_turn_one_failure_into_two(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    from hrtp_airflow.notify import TellThePeople

    hook.refuses = "warehouse"
    with caplog.at_level(logging.ERROR):
        TellThePeople()(dict(FAILED_TASK))
    assert any(
        message.startswith("ALERT_CHANNEL: 1 messages were not taken by: webhook") for message in caplog.messages
    )


def test_a_missed_deadline_is_told_at_once_to_whom_it_concerns_and_once(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    from hrtp_airflow.notify import report_missed_deadline

    with caplog.at_level(logging.ERROR):
        report_missed_deadline("Healthcare is not in", context=LATE)
        report_missed_deadline("Healthcare is not in", context=LATE)
    assert caplog.messages[0] == "DEADLINE_MISSED: Healthcare is not in (run scheduled__1)"
    (text,) = hook.texts()
    assert text.splitlines()[0] == "[HRTP] healthcare: act on DEADLINE_MISSED"
    assert "Healthcare is not in: the run scheduled__1 has not ended in time" in text


def test_a_missed_deadline_without_a_context_is_the_night_s(hook: Hook) -> None:
    from hrtp_airflow.notify import report_missed_deadline

    report_missed_deadline("the marts are not published")
    assert hook.texts()[0].splitlines()[0] == "[HRTP] warehouse: act on DEADLINE_MISSED"
