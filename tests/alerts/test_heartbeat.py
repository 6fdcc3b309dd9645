"""The dead-man's switch: called when a night ended well, silent when it did not or when nobody could be told."""

from __future__ import annotations

import logging

import pytest

from hrtp.alerts import AlertsFailed, beat, tell
from hrtp.alerts.heartbeat import HeartbeatFailed
from hrtp.outcomes import BUILD, recorded
from tests.alerts.conftest import Desk
from tests.alerts.servers import SECRET, Hook

CALLED = f"/services/{SECRET}"


def test_a_night_that_published_calls_it_once(desk: Desk, hook: Hook) -> None:
    tell(desk.settings(heartbeat_url=hook.url), published=True)
    assert hook.got == [CALLED]


def test_a_night_that_published_with_rejected_files_has_ended_well_and_calls_it(desk: Desk, hook: Hook) -> None:
    desk.drop_three_bad_files()
    desk.ingest()
    report = tell(desk.settings(heartbeat_url=hook.url, alert_webhook=hook.url), published=True)
    assert (report.alerts, report.sent, hook.got) == (3, {"webhook": 1}, [CALLED])


def test_a_night_that_published_nothing_tells_and_does_not_call_it(desk: Desk, hook: Hook) -> None:
    settings = desk.settings(heartbeat_url=hook.url, alert_webhook=hook.url)
    with pytest.raises(ZeroDivisionError), recorded(settings, BUILD):
        raise ZeroDivisionError
    tell(settings, published=False)
    assert hook.got == []
    assert [text.splitlines()[0] for text in hook.texts()] == ["[HRTP] warehouse: act on INTERNAL"]


def test_while_a_channel_is_down_it_stays_silent_so_that_the_monitor_speaks_in_its_place(
    desk: Desk, hook: Hook
) -> None:
    desk.drop_three_bad_files()
    desk.ingest()
    hook.refuses = "construction"
    with pytest.raises(AlertsFailed):
        tell(desk.settings(heartbeat_url=hook.url, alert_webhook=hook.url), published=True)
    assert hook.got == []


def test_without_an_address_nothing_is_called(desk: Desk) -> None:
    assert beat(desk.settings()) is False


def test_an_answer_of_failure_is_tried_again_and_then_said_without_the_address(
    desk: Desk, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    settings = desk.settings(heartbeat_url=hook.url)
    hook.answers = [500, 500]
    with caplog.at_level(logging.DEBUG):
        assert beat(settings) is True
        assert hook.got == [CALLED] * 3
        hook.answers = [500, 500, 500]
        with pytest.raises(HeartbeatFailed, match="3 tries") as failure:
            beat(settings)
    assert len(hook.got) == 6
    assert SECRET not in caplog.text + str(failure.value)
    assert failure.value.__cause__ is None


def test_a_monitor_that_is_not_there_is_said_without_the_address(desk: Desk) -> None:
    with pytest.raises(HeartbeatFailed, match="ConnectionError") as failure:
        beat(desk.settings(heartbeat_url=f"http://127.0.0.1:1/{SECRET}"))
    assert SECRET not in str(failure.value)
