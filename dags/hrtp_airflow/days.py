"""Which day a run speaks of. Never the clock's: a run that is late or repeated gives the same figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

#: The County's days and quarters begin at midnight here.
TIME_ZONE = "America/Los_Angeles"


def as_of(*, asked: str | None, setting: date | None, logical_date: datetime | None, run_after: datetime) -> date:
    """The day that the figures of a run speak of.

    Args:
        asked: ISO date from the run's configuration (``{"as_of": "2026-09-30"}``), for a replay.
        setting: ``HRTP_AS_OF``, which pins every run of a deployment.
        logical_date: the run's slot; a run that assets started has none.
        run_after: when the run became due; for a run that assets started, when the last of them came in.

    Returns:
        the first of these that is given; instants become days in Los Angeles.

    Raises:
        ValueError: ``asked`` is no ISO date, or an instant has no time zone.
    """
    if asked:
        return date.fromisoformat(asked)
    if setting is not None:
        return setting
    instant = logical_date or run_after
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone names no day")
    return instant.astimezone(ZoneInfo(TIME_ZONE)).date()


def as_of_run(context: Mapping[str, Any], setting: date | None) -> date:
    """`as_of` of the task context that Airflow hands to a task."""
    run = context["dag_run"]
    return as_of(
        asked=context["params"].get("as_of"),
        setting=setting,
        logical_date=run.logical_date,
        run_after=run.run_after,
    )
