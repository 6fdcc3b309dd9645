"""Where events go: a file a day below ``logs/lineage``, and a server where ``OPENLINEAGE_*`` variables name one."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hrtp.landing import LOS_ANGELES
from hrtp.settings import Settings

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

log = logging.getLogger("hrtp.lineage")

#: Days that the files of events are kept: a sample night is 2 MB.
KEEP_DAYS = 30
_SERVER = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")
_TRANSPORT = "OPENLINEAGE__TRANSPORT"


def is_disabled() -> bool:
    """Whether ``OPENLINEAGE_DISABLED`` asks for silence."""
    return os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() in {"true", "1", "yes"}


def folder(settings: Settings) -> Path:
    """Where the files of events lie (restricted: they name servers and tables, and no person)."""
    return settings.logs / "lineage"


def post(settings: Settings, events: Sequence[RunEvent]) -> None:
    """Append the events to the day's file, then send them where a server is named.

    Raises:
        OSError: where the file cannot be written. That a server does not answer is logged: its events are in the file.
    """
    from openlineage.client.serde import Serde

    _append(settings, [Serde.to_json(event) for event in events])
    if any(os.environ.get(name) for name in _SERVER) or any(n.startswith(_TRANSPORT) for n in os.environ):
        _send(events)


def _append(settings: Settings, lines: Iterable[str]) -> None:
    place = folder(settings)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    today = datetime.now(UTC).astimezone(LOS_ANGELES).date()
    path = place / f"{today.isoformat()}.jsonl"
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two ingests must not write into each other's lines
        file.write("".join(f"{line}\n" for line in lines))
    if is_new:
        _drop_old(place, today)


def _drop_old(place: Path, today: date) -> None:
    for path in place.glob("*.jsonl"):
        with suppress(ValueError):  # not one of ours
            if date.fromisoformat(path.stem) < today - timedelta(days=KEEP_DAYS):
                path.unlink(missing_ok=True)


def _send(events: Sequence[RunEvent]) -> None:
    """One server that is down costs one time-out, not one an event."""
    from openlineage.client import OpenLineageClient

    sent = 0
    try:
        client = OpenLineageClient()
        for event in events:
            client.emit(event)
            sent += 1
        client.close(timeout=30)
    except Exception as error:  # its text may hold the address with its key
        log.error("%d of %d lineage events were not sent (%s)", len(events) - sent, len(events), type(error).__name__)
