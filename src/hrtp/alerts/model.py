"""An alert, and how a person reads a group of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from hrtp.errors import HrtpError
from hrtp.landing import LOS_ANGELES

Severity = Literal["error", "warning"]

#: The "source" of what concerns the night as a whole: told to the operators.
NIGHT = "warehouse"
#: What begins in the evening belongs to the night that ends on the next morning.
_EVENING = timedelta(hours=6)


class AlertsFailed(HrtpError):
    """Somebody was not told: a channel did not take its message."""

    code = "ALERT_CHANNEL"


@dataclass(frozen=True)
class Alert:
    """One thing that a person must be told.

    Attributes:
        source: whose it is, `NIGHT` for the night as a whole.
        code: reason code in capitals.
        severity: ``error`` stands until somebody acts and is told every night; ``warning`` wants to be known.
        text: what happened and what to do; no value of a person.
        n: how many rows or files.
        once: identifies what is told a single time, not every night (the quarantined rows of one file).
    """

    source: str
    code: str
    severity: Severity
    text: str
    n: int = 1
    once: str | None = None

    @property
    def fingerprint(self) -> str:
        """Equal for the same thing told again."""
        parts = (self.source, self.code, self.once or self.text)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, object]:
        """For ``--json`` and ``alerts.jsonl``."""
        document = asdict(self)
        del document["once"]
        return document


def night_of(moment: datetime) -> date:
    """The night that an instant belongs to, by the date of its morning in Los Angeles."""
    return (moment.astimezone(LOS_ANGELES) + _EVENING).date()


def by_source(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    """Alerts grouped: sources in their order, the night as a whole last; errors first within a group."""
    groups: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda a: (a.source == NIGHT, a.source, a.severity, a.code, a.text)):
        groups.setdefault(alert.source, []).append(alert)
    return groups


def headline(source: str, alerts: list[Alert]) -> str:
    """One line: whose, and how many of which code."""
    counts = Counter(alert.code for alert in alerts)
    codes = ", ".join(f"{n} x {code}" if n > 1 else code for code, n in counts.items())
    errors = sum(alert.severity == "error" for alert in alerts)
    return f"[HRTP] {source}: {'act on' if errors else 'know of'} {codes}"


def body(alerts: list[Alert], night: date) -> str:
    """The message: a line an alert, and where to read on."""
    lines = [f"{'ERROR  ' if a.severity == 'error' else 'warning'} {a.code}: {a.text}" for a in alerts]
    return "\n".join([*lines, "", f"Night of {night}. No value of a person is in this message; please keep it so."])


def summary_lines(alerts: Iterable[Alert]) -> list[str]:
    """A line a source and code, for a terminal or a log."""
    lines = []
    for source, group in by_source(alerts).items():
        counts: Counter[tuple[str, str]] = Counter()
        for alert in group:
            counts[alert.code, alert.severity] += alert.n
        lines += [f"source={source} code={code} severity={sev} n={n}" for (code, sev), n in counts.items()]
    return lines
