"""Inside a test process: a hook at the named steps, a clock that stands still, faults where they are asked for."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hrtp.process import die_with_parent

#: When everything arrives. The sidecar of a landed file keeps the time of its arrival, and figures show it: nights that
#: are to come out as the same bytes must not differ in it.
ARRIVAL = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


@dataclass
class Plan:
    """What is to happen to a process.

    Attributes:
        kill_at: (step, n): SIGKILL at its n-th passing.
        tell_at: says ``"passed"`` at the so-manieth step of all.
        stop_at: (step, n): SIGSTOP at its n-th passing, after saying ``("stopped", step)``.
        data_tests: whether builds run dbt's data tests; they read only.
        verdicts: where the gate's verdicts are kept. What the gate says is a pure function of the rows and takes nine
            tenths of an ingest; looked up, it leaves the time to what writes, and that is where kills are to fall.
        before: called first, in the process, with the plan's ``with_arguments``.
    """

    kill_at: tuple[str, int] | None = None
    tell_at: int | None = None
    stop_at: tuple[str, int] | None = None
    data_tests: bool = True
    verdicts: Path | None = None
    before: Callable[..., None] | None = None
    with_arguments: tuple[Any, ...] = ()


@dataclass
class Outcome:
    """How a process ended: its value, or the error that it ended with; the steps that it passed, and when."""

    value: Any = None
    error: str | None = None
    code: str | None = None
    message: str = ""
    steps: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    began: float = 0.0


def main(
    connection: Connection, log: Path, plan: Plan, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    """Run ``function``, and tell the parent how it went."""
    os.setpgid(0, 0)
    die_with_parent()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    outcome = Outcome()
    _hook(plan, outcome, connection)
    _still_clock()
    _parsed_project(plan)
    if plan.verdicts is not None:
        _known_verdicts(plan.verdicts)
    if plan.before is not None:
        plan.before(*plan.with_arguments)
    outcome.began = time.monotonic()
    connection.send("started")
    try:
        outcome.value = function(*arguments)
    except Exception as error:
        outcome.error = type(error).__name__
        outcome.code = getattr(error, "code", None)
        outcome.message = str(error)
    connection.send(outcome)
    connection.close()


def _hook(plan: Plan, outcome: Outcome, connection: Connection) -> None:
    import hrtp.steps

    passed = Counter[str]()

    def hook(name: str) -> None:
        passed[name] += 1
        outcome.steps.append(name)
        outcome.times.append(time.monotonic() - outcome.began)
        if len(outcome.steps) == plan.tell_at:
            connection.send("passed")
        if (name, passed[name]) == plan.kill_at:
            os.killpg(0, signal.SIGKILL)
        if (name, passed[name]) == plan.stop_at:
            connection.send("stopped")
            os.kill(os.getpid(), signal.SIGSTOP)

    hrtp.steps._hook = hook


def _still_clock() -> None:
    import hrtp.landing.zone

    hrtp.landing.zone._now = lambda: ARRIVAL


def _parsed_project(plan: Plan) -> None:
    """Let builds start from the manifest that the server has parsed."""
    import dbt.cli.main

    from tests.crash.warm import MANIFEST

    runner = dbt.cli.main.dbtRunner

    class Parsed(runner):  # type: ignore[misc, valid-type]
        def __init__(self, callbacks: Any = None, manifest: Any = None) -> None:
            super().__init__(manifest=manifest or MANIFEST, callbacks=callbacks)

        def invoke(self, args: list[str], **options: Any) -> Any:
            untested = [] if plan.data_tests or "build" not in args else ["--exclude-resource-type", "test"]
            return super().invoke([*args, *untested], **options)

    dbt.cli.main.dbtRunner = Parsed


def _known_verdicts(folder: Path) -> None:
    """Look up what the gate has said of the same rows before; what it writes for Data Docs is written each time."""
    from hrtp.gate.run import _Run

    judge = _Run.judge

    def known(run: Any) -> Any:
        asked = pickle.dumps(
            (
                run.contract.entity,
                run.source.source,
                run.data_through,
                list(run.frame.columns),
                run.frame.values.tolist(),
            )
        )
        file = folder / hashlib.sha256(asked).hexdigest()
        if not file.exists():
            result = judge(run)
            part = file.with_suffix(f".{os.getpid()}")
            part.write_bytes(pickle.dumps((result, run.outcomes)))
            os.replace(part, file)
        result, run.outcomes = pickle.loads(file.read_bytes())
        return result

    _Run.judge = known  # type: ignore[method-assign]
