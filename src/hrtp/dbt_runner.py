"""dbt once, in this process; imported only when a build really runs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hrtp.lineage.timing import DBT_TARGET
from hrtp.nodes import NodeResult
from hrtp.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


_LOG_BYTES, _LOGS_KEPT = 10 << 20, 5


def run_dbt(settings: Settings, candidate: Path, as_of: date, say: Callable[[str], None]) -> list[NodeResult]:
    """``dbt build`` into ``candidate``; every node's result, in a fixed order.

    Results never hold a value of a row: a failed test is its name and a count.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    seen = {"done": 0}

    def on_event(event: Any) -> None:
        if event.info.name in {"LogModelResult", "LogTestResult", "LogSeedResult", "LogNodeResult"}:
            seen["done"] += 1
            if seen["done"] % 50 == 0:
                say(f"dbt: {seen['done']} nodes done")

    arguments = _arguments(settings, "build", as_of)
    with _environment(settings, candidate), _telling(settings) as tell:
        try:
            outcome = dbtRunner(callbacks=[on_event, tell]).invoke(arguments)
        finally:
            DuckDBConnectionManager.close_all_connections()
    return _results(outcome)


def parse_project(settings: Settings, candidate: Path, as_of: date) -> Manifest:
    """The project as the night's build parsed it: dbt keeps that, so little is read again."""
    from dbt.cli.main import dbtRunner

    with _environment(settings, candidate), _telling(settings) as tell:
        outcome = dbtRunner(callbacks=[tell]).invoke(_arguments(settings, "parse", as_of))
    if outcome.exception is not None:
        raise outcome.exception
    manifest: Manifest = outcome.result
    return manifest


def run_nodes(
    settings: Settings, path: Path, as_of: date, manifest: Manifest, command: Literal["run", "build"], select: str
) -> list[NodeResult]:
    """Run the models that ``select`` names on the warehouse at ``path``; with ``build`` their tests too."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    arguments = [*_arguments(settings, command, as_of), "--select", select]
    with _environment(settings, path), _telling(settings) as tell:
        try:
            # dbt writes into the manifest that it is given
            outcome = dbtRunner(manifest=manifest.deepcopy(), callbacks=[tell]).invoke(arguments)
        finally:
            DuckDBConnectionManager.close_all_connections()
    return _results(outcome)


def _arguments(settings: Settings, command: str, as_of: date) -> list[str]:
    project = str(settings.project / "dbt_project")
    arguments = ["--quiet", "--no-use-colors", command, "--project-dir", project, "--profiles-dir", project]
    arguments += ["--target-path", str(settings.warehouse / DBT_TARGET)]
    # `_telling` says what is worth a line
    arguments += ["--log-path", str(settings.logs / "dbt"), "--log-level", "none", "--log-level-file", "none"]
    if command == "build":
        # unit tests try the code, not tonight's data: `make test` runs them
        arguments += ["--exclude-resource-type", "unit_test"]
    return [*arguments, "--vars", f'{{"as_of": "{as_of.isoformat()}"}}']


def _results(outcome: Any) -> list[NodeResult]:
    """Every node's result, in a fixed order; what ended dbt itself is raised."""
    if outcome.exception is not None:
        raise outcome.exception
    nodes = []
    for result in getattr(outcome.result, "results", []) or []:
        node = result.node
        meta = dict(getattr(node.config, "meta", {}) or {})
        meta.setdefault("severity", getattr(node.config, "severity", "error"))
        nodes.append(
            NodeResult(
                unique_id=node.unique_id,
                name=node.name,
                resource_type=str(node.resource_type),
                status=str(result.status),
                failures=result.failures,
                message=_safe(str(result.message or ""))
                if str(result.status) in {"error", "fail", "runtime error"}
                else "",
                meta=meta,
            )
        )
    return sorted(nodes, key=lambda n: n.unique_id)


@contextmanager
def _telling(settings: Settings) -> Iterator[Callable[[Any], None]]:
    """What writes dbt's warnings and errors to ``logs/dbt/dbt.log``, and its errors to the standard output as well.

    dbt's own loggers make two lines of each of its 9,000 events, and look through the environment for secrets each
    time, before they ask whether anybody wants that level: a sixth of a build's CPU.
    """
    folder = settings.logs / "dbt"
    folder.mkdir(parents=True, exist_ok=True)
    file = RotatingFileHandler(folder / "dbt.log", maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s [%(levelname)s] %(message)s"))
    levels = {"warn": logging.WARNING, "error": logging.ERROR}

    def tell(event: Any) -> None:
        level = levels.get(event.info.level)
        if level is None:
            return
        file.handle(logging.LogRecord("dbt", level, __file__, 0, "%s", (event.info.msg,), None))
        if level == logging.ERROR:
            sys.stdout.write(f"{event.info.msg}\n")

    try:
        yield tell
    finally:
        file.close()


@contextmanager
def _environment(settings: Settings, path: Path) -> Iterator[None]:
    """What ``dbt_project/profiles.yml`` asks of the environment, while one call of dbt runs and no longer."""
    # all that the raw views and the seeds read; the connection reaches nothing else
    folders = (settings.project / "seeds", settings.raw, settings.identity)
    asked = {
        "DO_NOT_TRACK": "1",
        "HRTP_DBT_PATH": str(path),
        "HRTP_DBT_THREADS": str(settings.threads),
        "HRTP_DBT_MEMORY_LIMIT": settings.memory_limit,
        "HRTP_DBT_FOLDERS": os.pathsep.join(map(str, folders)),
    }
    before = {name: os.environ.get(name) for name in asked}
    os.environ.update(asked)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _safe(message: str) -> str:
    """The first line only, cut before what quotes data: DuckDB puts the offending value behind a colon or in quotes."""
    head = message.strip().splitlines()[0] if message.strip() else ""
    return head.split("'")[0].split('"')[0][:200]
