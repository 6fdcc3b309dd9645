"""A step of the night as a run: begins, tells what it did, ends well or with a reason code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hrtp.errors import HrtpError
from hrtp.settings import Settings

if TYPE_CHECKING:
    from hrtp.lineage.events import Events, Work

log = logging.getLogger("hrtp.lineage")


class Step:
    """A step that runs. What it is told is made into events when it has ended; until then nothing is computed."""

    def __init__(self) -> None:
        self._told: list[Callable[[Events], Iterable[Work]]] = []

    def did(self, describe: Callable[[Events], Iterable[Work]]) -> None:
        """Remember how to describe what was done: a function from the step's events to its pieces of work."""
        self._told.append(describe)

    def work(self, events: Events) -> Iterator[Work]:
        """All that was told."""
        for describe in self._told:
            yield from describe(events)


@contextmanager
def observed(settings: Settings, job: str) -> Iterator[Step]:
    """Write the step's events: START now, and at its end one pair for each piece of work, then COMPLETE or FAIL.

    Args:
        settings: of the deployment.
        job: name of the step: ``ingest.construction``, ``build``, ``publish``.
    """
    step = Step()
    events = _begin(settings, job)
    try:
        yield step
    except BaseException as error:
        code = error.code if isinstance(error, HrtpError) else "INTERNAL"
        _end(events, step, code)
        raise
    _end(events, step, None)


def _begin(settings: Settings, job: str) -> Events | None:
    try:
        from hrtp.lineage.outbox import is_disabled

        if is_disabled():
            return None
        from hrtp.lineage.events import Events

        events = Events(settings, job, datetime.now(UTC))
        events.send_start()
    except Exception as error:  # lineage is told of the night and is no part of it
        log.error("lineage of %s is not told (%s)", job, type(error).__name__)
        return None
    return events


def _end(events: Events | None, step: Step, code: str | None) -> None:
    if events is None:
        return
    work: list[Work] = []
    try:
        work = list(step.work(events))
    except Exception as error:  # its text may name a file of a partner
        log.error("lineage of %s is not told (%s)", events.job, type(error).__name__)
    try:
        events.send_end(work, code)
    except Exception as error:
        log.error("end of %s is not told (%s)", events.job, type(error).__name__)
