"""Telling: a log line in any case, then one message a source over every channel, and nothing twice in one night."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from hrtp.alerts.channels import Channel, channels
from hrtp.alerts.ledger import Ledger, open_ledger
from hrtp.alerts.model import NIGHT, Alert, AlertsFailed, body, by_source, headline, night_of, summary_lines
from hrtp.errors import SettingsError, SourceConfigError
from hrtp.settings import Settings
from hrtp.sources import load_source

log = logging.getLogger("hrtp.alerts")

#: Name under which the ledger keeps what stands in alerts.jsonl.
_JOURNAL = "journal"


@dataclass
class SendReport:
    """What was told: messages by channel, and the channels that did not take theirs (source, channel)."""

    alerts: int = 0
    channels: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    failed: list[tuple[str, str]] = field(default_factory=list)
    problem: str | None = None

    @property
    def ok(self) -> bool:
        """Whether everybody was told who should be."""
        return not self.failed and self.problem is None

    def summary(self) -> dict[str, object]:
        """Counts for logs and XComs."""
        return {
            "alerts": self.alerts,
            "channels": self.channels,
            "sent": dict(self.sent),
            "failed": sorted({name for _, name in self.failed}),
        }

    def raise_for_failure(self) -> None:
        """Raise AlertsFailed where a channel is down; its messages wait for the next try."""
        if self.problem is not None:
            raise AlertsFailed(f"{self.problem}. The alerts are in logs/alerts/alerts.jsonl")
        if self.failed:
            names = ", ".join(sorted({name for _, name in self.failed}))
            raise AlertsFailed(
                f"{len(self.failed)} messages were not taken by: {names}. They are in logs/alerts/alerts.jsonl and go "
                "out with the next try (`hrtp alerts --send`, or clear the task `tell`); check the channel's address "
                "and its server"
            )


def send(alerts: Iterable[Alert], settings: Settings, *, night: date | None = None) -> SendReport:
    """Tell ``alerts``: one message a source, nothing that was told already this night. Raises nothing of a channel's.

    Args:
        alerts: as `collect` gives them.
        settings: where the channels and the ledger are.
        night: date of the night's morning; tonight when left out.
    """
    told_on = night or night_of(datetime.now(UTC))
    groups = by_source(alerts)
    report = SendReport(alerts=sum(map(len, groups.values())))
    for source, group in groups.items():
        level = logging.ERROR if any(a.severity == "error" for a in group) else logging.WARNING
        for line in summary_lines(group):
            log.log(level, "alert %s", line)
        log.debug("alerts of %s: %d", source, len(group))
    with open_ledger(settings, told_on) as ledger:
        _journal(ledger, groups, settings, told_on)
        try:
            ways = channels(settings)
        except SettingsError as error:
            report.problem = str(error)
            log.error("alerts were not sent: %s", error)
            return report
        report.channels = len(ways)
        for source, group in groups.items():
            for channel in ways:
                _tell(ledger, channel, source, group, settings, told_on, report)
    return report


def _tell(
    ledger: Ledger,
    channel: Channel,
    source: str,
    group: list[Alert],
    settings: Settings,
    night: date,
    report: SendReport,
) -> None:
    new = ledger.untold(group, channel.name)
    if not new:
        return
    copy_to = _owner(source, settings) if settings.alert_owners and channel.is_mail else None
    if channel.send(headline(source, new), body(new, night), copy_to):
        ledger.told(new, channel.name)
        report.sent[channel.name] = report.sent.get(channel.name, 0) + 1
    else:
        report.failed.append((source, channel.name))
        log.error("alert channel=%s source=%s state=failed n=%d", channel.name, source, len(new))


def _owner(source: str, settings: Settings) -> str | None:
    if source == NIGHT:
        return None
    try:
        return load_source(settings.project / "sources" / f"{source}.yml").owner.email
    except SourceConfigError:
        return None


def _journal(ledger: Ledger, groups: dict[str, list[Alert]], settings: Settings, night: date) -> None:
    """Append to ``logs/alerts/alerts.jsonl`` what is new, a line an alert: the record that no channel can lose."""
    new = ledger.untold([alert for group in groups.values() for alert in group], _JOURNAL)
    if not new:
        return
    told_at = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [json.dumps({"night": night.isoformat(), "told_at": told_at, **alert.to_json()}) for alert in new]
    descriptor = os.open(settings.logs / "alerts" / "alerts.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    ledger.told(new, _JOURNAL)
