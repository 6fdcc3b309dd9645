"""What has been told: so that a task that is tried again tells nobody twice."""

from __future__ import annotations

import fcntl
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from hrtp.alerts.model import Alert
from hrtp.landing import write_atomically
from hrtp.settings import Settings

log = logging.getLogger("hrtp.alerts")

#: Nights whose messages are remembered; what is told once in its life is remembered for ever.
KEEP_NIGHTS = 14
_ONCE = "once"


class Ledger:
    """Which alert went over which channel: per night, or once for ever."""

    def __init__(self, path: Path, night: date) -> None:
        self._path = path
        self._night = night.isoformat()
        self._told: dict[str, dict[str, list[str]]] = {}
        if path.exists():
            try:
                self._told = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                log.error("%s cannot be read: what was told already is told again", path)

    def untold(self, alerts: list[Alert], channel: str) -> list[Alert]:
        """Those of ``alerts`` that ``channel`` has not taken yet."""
        return [a for a in alerts if a.fingerprint not in self._entries(a, channel)]

    def told(self, alerts: list[Alert], channel: str) -> None:
        """``channel`` took these; on disk when this returns."""
        for alert in self.untold(alerts, channel):
            period = _ONCE if alert.once else self._night
            self._told.setdefault(period, {}).setdefault(channel, []).append(alert.fingerprint)
        oldest = (date.fromisoformat(self._night) - timedelta(days=KEEP_NIGHTS)).isoformat()
        self._told = {period: told for period, told in self._told.items() if period == _ONCE or period >= oldest}
        write_atomically(self._path, json.dumps(self._told, indent=1, sort_keys=True).encode())

    def _entries(self, alert: Alert, channel: str) -> list[str]:
        return self._told.get(_ONCE if alert.once else self._night, {}).get(channel, [])


@contextmanager
def open_ledger(settings: Settings, night: date) -> Iterator[Ledger]:
    """The ledger, for one process at a time."""
    settings.make_zones()
    folder = settings.logs / "alerts"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Ledger(folder / "told.json", night)
