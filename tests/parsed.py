"""The dbt project, parsed once a run: it takes eight seconds of a core, and comes to the same each time.

A night as a user runs it parses the project itself; so do the tests that look at parsing, or at another project.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.sharing import once

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[1]
#: The warehouse's name, which relations carry.
FILE = "hrtp.duckdb"


def manifest(file: str = FILE) -> Manifest:
    """This checkout's project, as a warehouse of that name needs it; dbt writes into it, so each call has its own."""
    # dbt's own pickling forgets a field and so puts its lookups in each other's places; a copy makes them anew
    return once(f"manifest-{file}", lambda folder: parse(PROJECT, folder, file)).deepcopy()


def parse(project: Path, folder: Path, file: str = FILE) -> Manifest:
    """Parse a checkout's project; dbt's own files go to ``folder``."""
    from dbt.cli.main import dbtRunner

    place = str(project / "dbt_project")
    asked = {"HRTP_DBT_PATH": str(folder / file), "HRTP_DBT_FOLDERS": str(project / "seeds")}
    with patch.dict(os.environ, asked):
        parsed = dbtRunner().invoke(
            ["--quiet", "parse", "--project-dir", place, "--profiles-dir", place, "--no-partial-parse"]
            + ["--target-path", str(folder), "--log-path", str(folder), "--vars", '{"as_of": "2026-09-30"}']
        )
    assert parsed.success, parsed.exception
    found: Manifest = parsed.result
    return found


@contextmanager
def parsed_once(project: Path = PROJECT, *, data_tests: bool = True) -> Iterator[None]:
    """Let builds of this process start from the parsed project; without ``data_tests``, which only read, if asked."""
    import dbt.cli.main

    runner = dbt.cli.main.dbtRunner

    class Parsed(runner):  # type: ignore[misc, valid-type]
        def __init__(self, callbacks: Any = None, manifest: Any = None) -> None:
            super().__init__(manifest=manifest or _of(project), callbacks=callbacks)

        def invoke(self, args: list[str], **options: Any) -> Any:
            untested = [] if data_tests or "build" not in args else ["--exclude-resource-type", "test"]
            return super().invoke([*args, *untested], **options)

    _of(project)
    dbt.cli.main.dbtRunner = Parsed
    try:
        yield
    finally:
        dbt.cli.main.dbtRunner = runner


def _of(project: Path) -> Manifest:
    return manifest() if project == PROJECT else _other(project).deepcopy()


@cache
def _other(project: Path) -> Manifest:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="hrtp-parsed-") as folder:
        return parse(project, Path(folder))
