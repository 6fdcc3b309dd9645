"""Telling people: one message a source a night, nothing twice; a channel that is down keeps nobody else in the dark."""

from __future__ import annotations

import json
import logging
import stat
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hrtp.alerts import NIGHT, Alert, AlertsFailed, collect, night_of, send
from hrtp.errors import SettingsError
from hrtp.settings import load_settings
from tests.alerts.conftest import Desk
from tests.alerts.servers import SECRET, Hook, Mailbox

TONIGHT = date(2026, 10, 1)
REJECTED = Alert("construction", "NOT_CSV", "error", "services of 2026-09-30 was rejected")
QUARANTINED = Alert("construction", "QUARANTINE", "warning", "1 of 41 rows did not load", once="file 1")
LATE = Alert("healthcare", "LATE", "error", "LATE: 9 days")
DISK = Alert(NIGHT, "LOW_DISK", "error", "make room")


def journal(desk: Desk) -> list[dict[str, Any]]:
    path = desk.settings().logs / "alerts" / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_night_with_three_bad_files_of_one_source_is_one_mail_and_one_post(
    desk: Desk, mailbox: Mailbox, hook: Hook
) -> None:
    desk.drop_three_bad_files()
    desk.ingest()
    settings = desk.settings(alert_urls=mailbox.url, alert_webhook=hook.url)
    report = send(collect(settings), settings)
    assert (report.alerts, report.sent, report.failed) == (3, {"webhook": 1, "mailto-1": 1}, [])
    (mail,), (post,) = mailbox.texts(), hook.texts()
    for text in (mail, post):
        assert text.splitlines()[0] == "[HRTP] construction: act on MISSING_COLUMN, NOT_CSV, QUARANTINE"
        assert "programs of 2026-09-30 (programs_20260930.csv) was rejected" in text
        assert "enrollments of 2026-09-30 (enrollments_20260930.csv) was rejected" in text
        assert "services of 2026-09-30 (services_20260930.csv): 1 of 41 rows did not load" in text
    assert mailbox.recipients == [["desk@example.org"]]


def test_a_webhook_gets_a_document_of_nothing_but_text_as_slack_takes_it(desk: Desk, hook: Hook) -> None:
    send([REJECTED], desk.settings(alert_webhook=hook.url))
    assert [set(document) for document in hook.posted] == [{"text"}]


def test_each_source_has_a_message_of_its_own_and_the_night_one_for_the_operators(desk: Desk, hook: Hook) -> None:
    send([REJECTED, DISK, LATE, QUARANTINED], desk.settings(alert_webhook=hook.url))
    assert [text.splitlines()[0] for text in hook.texts()] == [
        "[HRTP] construction: act on NOT_CSV, QUARANTINE",
        "[HRTP] healthcare: act on LATE",
        "[HRTP] warehouse: act on LOW_DISK",
    ]


def test_a_task_that_is_tried_again_tells_nobody_twice_and_only_what_is_new(desk: Desk, hook: Hook) -> None:
    settings = desk.settings(alert_webhook=hook.url)
    assert send([REJECTED], settings, night=TONIGHT).sent == {"webhook": 1}
    assert send([REJECTED], settings, night=TONIGHT).sent == {}
    assert send([REJECTED, QUARANTINED], settings, night=TONIGHT).sent == {"webhook": 1}
    assert len(hook.posted) == 2
    assert "NOT_CSV" not in hook.texts()[1]
    assert [line["code"] for line in journal(desk)] == ["NOT_CSV", "QUARANTINE"]


def test_what_stands_is_told_again_the_next_night_and_what_concerns_one_file_is_not(desk: Desk, hook: Hook) -> None:
    settings = desk.settings(alert_webhook=hook.url)
    for day in range(3):
        send([REJECTED, QUARANTINED], settings, night=TONIGHT + timedelta(days=day))
    assert ["QUARANTINE" in text for text in hook.texts()] == [True, False, False]
    assert ["NOT_CSV" in text for text in hook.texts()] == [True, True, True]


def test_a_channel_that_is_down_is_an_error_in_the_log_and_the_other_channel_is_told(
    desk: Desk, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = "mailto://127.0.0.1:1?from=hrtp@example.org&to=desk@example.org&mode=insecure"
    settings = desk.settings(alert_urls=nobody, alert_webhook=hook.url)
    report = send([REJECTED, LATE], settings, night=TONIGHT)
    assert report.sent == {"webhook": 2}
    assert report.failed == [("construction", "mailto-1"), ("healthcare", "mailto-1")]
    errors = [r.message for r in caplog.records if r.levelno == logging.ERROR and "channel=" in r.message]
    assert errors == [
        "alert channel=mailto-1 source=construction state=failed n=1",
        "alert channel=mailto-1 source=healthcare state=failed n=1",
    ]
    with pytest.raises(AlertsFailed, match="2 messages were not taken by: mailto-1"):
        report.raise_for_failure()


def test_a_channel_that_comes_back_gets_what_it_missed_and_the_other_nothing_again(
    desk: Desk, mailbox: Mailbox, hook: Hook
) -> None:
    settings = desk.settings(alert_urls=mailbox.url, alert_webhook=hook.url)
    mailbox.refuses = True
    assert send([REJECTED], settings, night=TONIGHT).failed == [("construction", "mailto-1")]
    mailbox.refuses = False
    again = send([REJECTED], settings, night=TONIGHT)
    assert (again.sent, again.ok) == ({"mailto-1": 1}, True)
    assert (len(mailbox.messages), len(hook.posted)) == (1, 1)


def test_one_source_s_message_that_is_refused_keeps_no_other_source_s_back(desk: Desk, hook: Hook) -> None:
    hook.refuses = "construction"
    report = send([REJECTED, LATE], desk.settings(alert_webhook=hook.url))
    assert report.failed == [("construction", "webhook")]
    assert [text.splitlines()[0] for text in hook.texts()] == ["[HRTP] healthcare: act on LATE"]


def test_a_hiccup_of_the_server_is_tried_again_at_once(desk: Desk, hook: Hook) -> None:
    hook.answers = [503]
    report = send([REJECTED], desk.settings(alert_webhook=hook.url))
    assert (report.sent, report.ok, len(hook.posted)) == ({"webhook": 1}, True, 2)


def test_a_redirect_is_not_followed(desk: Desk, hook: Hook) -> None:
    hook.answers = [302, 302]
    report = send([REJECTED], desk.settings(alert_webhook=hook.url))
    assert report.failed == [("construction", "webhook")]
    assert hook.got == []


def test_the_log_has_a_line_a_source_and_code_without_any_channel(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "hrtp.alerts"):
        report = send([REJECTED, QUARANTINED, QUARANTINED, LATE], desk.settings())
    assert report.ok
    assert caplog.messages == [
        "alert source=construction code=NOT_CSV severity=error n=1",
        "alert source=construction code=QUARANTINE severity=warning n=2",
        "alert source=healthcare code=LATE severity=error n=1",
    ]


def test_the_record_is_for_this_user_alone(desk: Desk) -> None:
    send([REJECTED], desk.settings(), night=TONIGHT)
    folder = desk.settings().logs / "alerts"
    assert f"{stat.S_IMODE(folder.stat().st_mode):o}" == "700"
    assert {f"{stat.S_IMODE(path.stat().st_mode):o}" for path in folder.iterdir() if path.suffix} == {"600"}
    assert journal(desk)[0] | {"told_at": ""} == {
        "night": "2026-10-01",
        "told_at": "",
        "source": "construction",
        "code": "NOT_CSV",
        "severity": "error",
        "text": "services of 2026-09-30 was rejected",
        "n": 1,
    }


def test_a_source_s_owner_gets_a_copy_only_where_the_setting_says_so(desk: Desk, mailbox: Mailbox) -> None:
    send([REJECTED, DISK], desk.settings(alert_urls=mailbox.url, alert_owners=True))
    assert mailbox.recipients == [["desk@example.org", "construction-data@example.org"], ["desk@example.org"]]


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (datetime(2026, 10, 1, 8, 30, tzinfo=UTC), date(2026, 10, 1)),  # 1:30 in Los Angeles
        (datetime(2026, 10, 1, 13, 0, tzinfo=UTC), date(2026, 10, 1)),  # the cut-off
        (datetime(2026, 10, 1, 5, 0, tzinfo=UTC), date(2026, 10, 1)),  # 22:00 the evening before
        (datetime(2026, 9, 30, 23, 0, tzinfo=UTC), date(2026, 9, 30)),  # 16:00 the day before
    ],
)
def test_an_evening_belongs_to_the_night_that_ends_the_next_morning(moment: datetime, night: date) -> None:
    assert night_of(moment) == night


@pytest.mark.parametrize("setting", ["alert_webhook", "heartbeat_url"])
@pytest.mark.parametrize("url", [f"http://hooks.example.org/{SECRET}", SECRET, f"ftp://127.0.0.1/{SECRET}", "https://"])
def test_an_address_that_others_could_read_on_the_way_is_refused_without_being_shown(setting: str, url: str) -> None:
    with pytest.raises(SettingsError, match=f"HRTP_{setting.upper()}: .*https") as failure:
        load_settings(**{setting: url})
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize(
    ("urls", "says"),
    [
        (f"nonsense://{SECRET}", "address 1 is none that Apprise knows"),
        (f"mailto://desk:{SECRET}@mail.example.org?mode=insecure", "would send its password unencrypted"),
        (f"json://desk:{SECRET}@hooks.example.org/x", "would send its password unencrypted"),
        (f"mailto://mail.example.org?user=desk&pass={SECRET}&mode=insecure", "would send its password unencrypted"),
    ],
)
def test_addresses_that_cannot_be_used_are_named_by_number_and_the_log_line_is_out_all_the_same(
    desk: Desk, caplog: pytest.LogCaptureFixture, urls: str, says: str
) -> None:
    report = send([REJECTED], desk.settings(alert_urls=urls))
    with pytest.raises(AlertsFailed, match=says) as failure:
        report.raise_for_failure()
    assert SECRET not in str(failure.value) + caplog.text
    assert "alert source=construction code=NOT_CSV" in caplog.text
    assert len(journal(desk)) == 1


def test_no_secret_of_an_address_is_in_any_log_line_or_file_whatever_goes_wrong(
    desk: Desk, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG, where libraries are most talkative; apprise, requests and smtplib among them."""
    mail = f"mailto://desk:{SECRET}@127.0.0.1:1?from=hrtp@example.org&to=desk@example.org&mode=insecure"
    settings = desk.settings(alert_urls=mail, alert_webhook=hook.url)
    hook.refuses = "NOT_CSV"
    with caplog.at_level(logging.DEBUG):
        report = send([REJECTED, LATE], settings)
    assert report.failed == [("construction", "webhook"), ("construction", "mailto-1"), ("healthcare", "mailto-1")]
    assert SECRET not in caplog.text + str(report.summary()) + repr(settings)
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert len(files) >= 3
