"""Processes for crash tests: forks of a server that has imported everything heavy, each in a group of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.crash.child import Outcome, Plan, main

PATIENCE_SECONDS = 1200.0
"""Bounds a wait for a process that hangs; nothing here measures time."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.crash.warm"])


class Hangs(AssertionError):
    """A process did not come to its end."""


@dataclass
class Child:
    """A running test process."""

    process: BaseProcess
    connection: Connection
    started: float

    def wait_for(self, word: str) -> None:
        """Wait until it says ``word``."""
        said = self._hear(PATIENCE_SECONDS)
        assert said == word, said

    def kill_after(self, seconds: float) -> Outcome | None:
        """SIGKILL the group after so long; what it came to where it was done before, else None."""
        outcome = self._hear_or_none(seconds)
        self.kill()
        return outcome

    def kill(self) -> None:
        """SIGKILL the whole group, and see it gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        self._gone()

    def stop(self) -> None:
        """SIGSTOP."""
        os.kill(self._pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self._pid, signal.SIGCONT)

    def end(self) -> Outcome:
        """Wait for its end, and give what it came to."""
        outcome = self._hear(PATIENCE_SECONDS)
        self._gone()
        assert isinstance(outcome, Outcome)
        return outcome

    def death(self) -> int:
        """Wait for an end without a word; the signal that it died of."""
        said = self._hear_or_none(PATIENCE_SECONDS)
        assert said is None, f"not killed, but: {said}"
        self._gone()
        return -(self.process.exitcode or 0)

    @property
    def _pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def _gone(self) -> None:
        self.process.join(PATIENCE_SECONDS)
        if self.process.exitcode is None:
            raise Hangs(f"process {self._pid} has not ended")
        self.connection.close()

    def _hear(self, seconds: float) -> Any:
        if not self.connection.poll(seconds):
            raise Hangs(f"nothing was heard of process {self._pid} for {seconds:.0f} s")
        return self.connection.recv()

    def _hear_or_none(self, seconds: float) -> Outcome | None:
        """What it came to; None where it says nothing in that time, or is gone."""
        if not self.connection.poll(max(0.0, seconds)):
            return None
        try:
            said: Outcome = self.connection.recv()
        except EOFError:
            return None
        return said


def start(log: Path, function: Callable[..., Any], *arguments: Any, plan: Plan | None = None) -> Child:
    """Start ``function(*arguments)`` in a fork; it has passed everything but the function when this returns."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=main, args=(theirs, log, plan or Plan(), function, arguments), daemon=True)
    process.start()
    theirs.close()
    child = Child(process, ours, time.monotonic())
    child.wait_for("started")
    child.started = time.monotonic()
    return child


def run(log: Path, function: Callable[..., Any], *arguments: Any, plan: Plan | None = None) -> Outcome:
    """As ``start``, to its end."""
    return start(log, function, *arguments, plan=plan).end()


def value(log: Path, function: Callable[..., Any], *arguments: Any, plan: Plan | None = None) -> Any:
    """As ``run``, for what must not fail: the function's value."""
    outcome = run(log, function, *arguments, plan=plan)
    assert outcome.error is None, f"{outcome.error}: {outcome.message}"
    return outcome.value
