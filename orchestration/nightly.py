"""The night: every ingest DAG, then the warehouse DAG, through Airflow, in a few minutes and without any service.

Started by ``hrtp nightly`` as a process of its own, because Airflow's settings must be in the environment before its
first import::

    python orchestration/nightly.py --as-of 2026-09-30 --report report.json

What is slow to import is imported once, here; then each DAG run is a fork of this process, two at a time. A run that
crashes takes nobody with it. Progress goes to the standard output, one line a DAG; what Airflow and the tasks print
goes to ``HRTP_HOME/logs/nightly/<dag>.log``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import multiprocessing.connection
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

CHECKOUT = Path(__file__).resolve().parents[1]
if not __package__:
    sys.path[0] = str(CHECKOUT)  # started as a script: `orchestration` must be importable, not its insides

from hrtp.process import die_with_parent, keep_private  # noqa: E402
from hrtp.settings import Settings, load_settings  # noqa: E402
from orchestration.environment import airflow_environment  # noqa: E402
from orchestration.lean import serve_one_version, skip_address_grammars  # noqa: E402

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from airflow.sdk import DAG

    from orchestration.embedded import RunOutcome

WAREHOUSE = "warehouse"
INGEST = "ingest_"
#: Who waits longer than this without a word thinks that nothing happens.
PATIENCE_SECONDS = 15.0
#: Configuration of an ingest here: a question about a held file needs a scheduler that waits for the answer.
ASK_NOBODY: dict[str, Any] = {"ask": False}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Night:
    """What to run: ``sources`` None means all that there are; ``workers`` runs at a time."""

    as_of: date | None
    sources: frozenset[str] | None
    workers: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the night; 0 where the marts were published, 1 where nothing was."""
    parser = argparse.ArgumentParser(description="Run every ingest DAG and the warehouse DAG through Airflow.")
    parser.add_argument("--as-of", type=date.fromisoformat, help="day that the figures speak of (YYYY-MM-DD)")
    parser.add_argument("--sources", type=lambda text: frozenset(text.split(",")), help="only these, comma-separated")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="DAG runs at a time")
    parser.add_argument("--report", type=Path, required=True, help="where to write what happened, as JSON")
    options = parser.parse_args(arguments)
    die_with_parent()
    keep_private()
    settings = load_settings(project=None if os.environ.get("HRTP_PROJECT") else CHECKOUT)
    settings.make_zones()
    os.environ.update(airflow_environment(settings.home, settings.project))
    sys.path.insert(1, str(settings.project / "dags"))
    say = _progress(settings.logs / "nightly" / "airflow.log")
    skip_address_grammars()
    outcomes = run(Night(options.as_of, options.sources, options.workers), settings, say)
    # a run can be red although it published: where nobody could be told of it
    published = next((o.summary.get("publish") for o in outcomes if o.dag_id == WAREHOUSE), None)
    report = {"published": published, "dags": {o.dag_id: o.to_json() for o in outcomes}}
    options.report.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0 if published is not None else 1


def run(night: Night, settings: Settings, say: Say) -> list[RunOutcome]:
    """Run the ingests side by side, then the warehouse, whatever became of the ingests."""
    started = time.monotonic()
    from orchestration.embedded import load_dags, release_database
    from orchestration.metadata import prepare_database
    from orchestration.warm import import_heavy_modules, set_up_execution_api

    if prepare_database(settings.home):
        say(f"airflow: made its metadata database below {settings.home / 'airflow'}")
    dags = load_dags(settings.project / "dags")
    import_heavy_modules()
    serve_one_version()
    set_up_execution_api()
    release_database()
    ingests = [dag for name, dag in sorted(dags.items()) if name.startswith(INGEST) and _wanted(name, night.sources)]
    say(f"airflow: ready, {len(ingests)} sources, {night.workers} at a time ({time.monotonic() - started:.1f} s)")
    logs = settings.logs / "nightly"
    moment = datetime.now(UTC)
    outcomes = list(_side_by_side(ingests, night.workers, moment, ASK_NOBODY, logs, say))
    conf = {"as_of": night.as_of.isoformat()} if night.as_of else {}
    say(f"warehouse: building as of {night.as_of or 'today'}")
    outcomes += _side_by_side([dags[WAREHOUSE]], 1, moment, conf, logs, say)
    return outcomes


def _wanted(dag_id: str, sources: frozenset[str] | None) -> bool:
    return sources is None or dag_id.removeprefix(INGEST) in sources


def _side_by_side(
    dags: Iterable[DAG], workers: int, moment: datetime, conf: dict[str, Any], logs: Path, say: Say
) -> Iterable[RunOutcome]:
    """Run each DAG in a fork of this process, ``workers`` at a time; yields what became of them as they end."""
    from orchestration.embedded import RunOutcome

    fork = multiprocessing.get_context("fork")
    waiting = list(dags)
    running: dict[Any, tuple[DAG, Any, float]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            dag = waiting.pop(0)
            receiver, sender = fork.Pipe(duplex=False)
            log = logs / f"{dag.dag_id}.log"
            process = fork.Process(target=_run_in_fork, args=(dag, moment, conf, log, sender, os.getpid()))
            process.start()
            sender.close()
            running[receiver] = (dag, process, time.monotonic())
        ended = multiprocessing.connection.wait(list(running), timeout=PATIENCE_SECONDS)
        if not ended:
            say(
                "still running: "
                + ", ".join(f"{d.dag_id} ({time.monotonic() - t:.0f} s)" for d, _, t in running.values())
            )
        for ready in ended:
            dag, process, began = running.pop(ready)
            try:
                outcome = cast("Connection[Any, RunOutcome]", ready).recv()
            except EOFError:
                process.join()
                error = f"the run's process ended with {process.exitcode} before it was done"
                outcome = RunOutcome(dag.dag_id, "failed", time.monotonic() - began, error=error)
            process.join()
            say(progress_line(outcome))
            yield outcome


def _run_in_fork(
    dag: DAG,
    moment: datetime,
    conf: dict[str, Any],
    log: Path,
    sender: Any,
    parent: int,
) -> None:
    die_with_parent(parent)
    from orchestration.embedded import RunOutcome, describe, run_dag

    try:
        outcome = run_dag(dag, moment, conf, log)
    except Exception as error:  # the fork's last word: whatever went wrong, the night goes on without it
        import traceback

        traceback.print_exc()
        outcome = RunOutcome(dag.dag_id, "failed", error=describe(error))
    sender.send(outcome)
    sender.close()


def progress_line(outcome: RunOutcome) -> str:
    """One line about a run: DAG, state, seconds, what it did or why it failed."""
    counts = outcome.summary.get("ingest") or {}
    parts = [f"{outcome.dag_id:<32} {outcome.state:<8} {outcome.seconds:5.1f} s"]
    if outcome.error:
        parts.append(outcome.error)
    elif counts:
        parts.append(f"{counts.get('new_tables', 0)} new tables, {counts.get('rows_loaded', 0):,} rows loaded")
        bad = counts.get("rows_quarantined", 0)
        if bad:
            parts.append(f"{bad:,} in quarantine")
        if counts.get("held"):
            parts.append(f"{len(counts['held'])} held")
    return "  ".join(parts)


def _progress(log: Path) -> Say:
    """Keep the standard output for progress; send what libraries print to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    channel = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    return lambda line: print(line, file=channel, flush=True)


if __name__ == "__main__":
    sys.exit(main())
