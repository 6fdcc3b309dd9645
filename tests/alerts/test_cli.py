"""`hrtp alerts`, and what `hrtp nightly` and the single steps say and keep."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.cli.night import _told
from hrtp.outcomes import last_outcomes
from tests.alerts.conftest import Desk
from tests.alerts.servers import Hook

Run = Callable[..., Result]


@pytest.fixture
def run(desk: Desk, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line of a deployment with a webhook."""
    settings = desk.settings()
    monkeypatch.setenv("HRTP_HOME", str(settings.home))
    monkeypatch.setenv("HRTP_EXPORTS", str(desk.exports))
    monkeypatch.setenv("HRTP_AS_OF", str(settings.as_of))
    monkeypatch.setenv("HRTP_ALERT_WEBHOOK", hook.url)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_alerts_shows_what_would_be_told_and_tells_nobody(desk: Desk, hook: Hook, run: Run) -> None:
    assert run("alerts").stdout == "nothing to tell: all is well\n"
    desk.drop_three_bad_files()
    desk.ingest()
    shown = run("alerts", "--json")
    assert {alert["code"] for alert in json.loads(shown.stdout)} == {"NOT_CSV", "MISSING_COLUMN", "QUARANTINE"}
    assert "NOT_CSV" in run("alerts").stdout
    assert hook.posted == []


def test_alerts_send_tells_once_and_fails_where_a_channel_is_down(desk: Desk, hook: Hook, run: Run) -> None:
    desk.drop_three_bad_files()
    desk.ingest()
    hook.refuses = "construction"
    refused = run("alerts", "--send")
    assert (refused.exit_code, getattr(refused.exception, "code", None)) == (1, "ALERT_CHANNEL")
    hook.refuses = ""
    assert "messages sent: 1 by webhook" in run("alerts", "--send").stdout
    assert "messages sent: none" in run("alerts", "--send").stdout
    assert len(hook.posted) == 1


def test_an_ingest_by_hand_keeps_how_it_ended_and_a_name_that_does_not_exist_is_no_failed_ingest(
    desk: Desk, run: Run
) -> None:
    assert run("ingest", "constuction").exit_code == 1
    assert last_outcomes(desk.settings()) == []
    assert run("ingest", "construction").exit_code == 1
    assert [(o.step, o.state, o.code) for o in last_outcomes(desk.settings())] == [
        ("ingest.construction", "failed", "MISSING")
    ]


@pytest.mark.parametrize(
    ("warehouse", "says"),
    [
        (
            {"summary": {"tell": {"alerts": 3, "channels": 1, "sent": {"webhook": 2}, "failed": []}}},
            "alerts: 3 (2 messages by webhook); hrtp alerts shows them",
        ),
        (
            {"summary": {"tell": {"alerts": 3, "channels": 1, "sent": {}, "failed": []}}},
            "alerts: 3 (no new message); hrtp alerts shows them",
        ),
        (
            {"summary": {"tell": {"alerts": 3, "channels": 0, "sent": {}, "failed": []}}},
            "alerts: 3 (nobody is told: HRTP_ALERT_URLS is not set); hrtp alerts shows them",
        ),
        (
            {"summary": {}, "error": "ALERT_CHANNEL: 1 messages were not taken by: webhook"},
            "alerts: not everybody was told: ALERT_CHANNEL: 1 messages were not taken by: webhook",
        ),
    ],
)
def test_the_night_ends_by_saying_who_was_told(warehouse: dict[str, object], says: str) -> None:
    assert _told(warehouse) == says
