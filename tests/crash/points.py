"""Fail the N-th writing call of a step, N = 1, 2, ... until none fails; each time run it again and compare."""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash import phases
from tests.crash.broken_disk import failing_disk
from tests.crash.child import _known_verdicts

EIO, ENOSPC = errno.EIO, errno.ENOSPC


@dataclass
class Points:
    """What came of it."""

    calls: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    unforeseen: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Calls that were made to fail."""
        return self.calls.total()


def at_every_point(
    home: Path, work: Path, step: Callable[[Path], Any], look: Callable[[Path], Any], number: int, secret: str
) -> Points:
    """Do ``step`` on copies of ``home`` that fail at each point in turn, then whole; ``look`` must see one result.

    A failed run ends with one of our own errors, which has a code and does not quote ``secret``. EIO is tried at every
    point, any other number at every third, beginning with the first.
    """
    from hrtp.errors import HrtpError

    found = Points()
    _copy(home, work)
    step(work)
    whole = look(work)
    stride = 1 if number == EIO else 3
    fail_at = 1 - stride
    while True:
        fail_at += stride
        _copy(home, work)
        with failing_disk(work, fail_at, number) as disk:
            try:
                step(work)
            except HrtpError as error:
                found.codes[error.code] += 1
                if secret in str(error):
                    found.unforeseen.append(f"{fail_at} {disk.failed}: quotes data")
            except BaseException as error:
                found.unforeseen.append(f"{fail_at} {disk.failed}: {type(error).__name__}: {error}")
            else:
                if disk.failed is not None:
                    found.codes["survived"] += 1
        if disk.failed is None:
            return found
        found.calls[disk.failed] += 1
        try:
            step(work)
            seen = look(work)
        except BaseException as error:
            found.unforeseen.append(f"run again after {fail_at} {disk.failed}: {type(error).__name__}: {error}")
            continue
        if seen != whole:
            found.differing.append(f"{fail_at} {disk.failed}: {_difference(seen, whole)}")


def _difference(seen: Any, whole: Any) -> str:
    if isinstance(seen, phases.Raw):
        parts = [
            f"{part}.{key}"
            for part in ("tables", "rows", "loads", "landed")
            for key in {**getattr(seen, part), **getattr(whole, part)}
            if getattr(seen, part).get(key) != getattr(whole, part).get(key)
        ]
        return ", ".join(parts)
    return f"{seen} instead of {whole}"


def _copy(origin: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(origin, target, symlinks=True)


def ingest_points(home: Path, work: Path, exports: Path, verdicts: Path, number: int, secret: str) -> Points:
    """Ingest, as its task does it."""
    _known_verdicts(verdicts)

    def step(folder: Path) -> object:
        return phases.ingest_or_fail(folder, exports, "construction")

    return at_every_point(home, work, step, phases.look, number, secret)


def publish_points(home: Path, work: Path, number: int) -> Points:
    """Publish a small warehouse over another night."""
    return at_every_point(home, work, phases.publish, phases.published, number, "Secret")


def build_points(home: Path, work: Path, number: int) -> Points:
    """Build, with dbt put aside: its I/O is DuckDB's own, which no patch in Python reaches."""
    import hrtp.build

    hrtp.build._run_dbt = _no_dbt  # type: ignore[assignment]

    def look(folder: Path) -> Any:
        phases.publish(folder)
        leftovers = sorted(path.name for path in (folder / "warehouse").iterdir() if path.name.startswith(".cand"))
        return phases.published(folder), leftovers

    # a night before: a warehouse to replace, and Data Docs, whose rendering takes longer than all the rest
    before = work.with_name(f"{work.name}-before")
    _copy(home, before)
    phases.build(before)
    return at_every_point(before, work, phases.build, look, number, "Secret")


def _no_dbt(settings: Any, candidate: Path, as_of: Any, say: Any) -> list[Any]:
    """One mart of what the raw views and the identities hold, in place of a hundred models."""
    from hrtp.build import MANIFEST_FILE, SEMANTIC_MANIFEST_FILE, NodeResult
    from hrtp.duck import open_duckdb
    from hrtp.lineage.timing import DBT_TARGET

    target = settings.warehouse / DBT_TARGET
    target.mkdir(exist_ok=True)
    for name in (MANIFEST_FILE, SEMANTIC_MANIFEST_FILE):  # as dbt leaves them
        (target / name).write_text("{}", encoding="utf-8")
    with open_duckdb(candidate, folders=(settings.raw, settings.identity)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.people as select source, person_key from identity.record_keys")
        connection.execute("create table marts.loads as select source, entity, rows_loaded from raw.load_manifest")
    return [NodeResult("model.hrtp.people", "people", "model", "success", None, "")]


def small_warehouse(home: Path, rows: int) -> None:
    """A warehouse of two marts."""
    import duckdb

    from hrtp.build import WAREHOUSE_FILE

    phases.settings_of(home).make_zones()
    file = home / "warehouse" / WAREHOUSE_FILE
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        for name in ("indicator_values", "source_freshness"):
            connection.execute(f"create table marts.{name} as select i as a, i * 2 as b from range({rows}) as t(i)")
            connection.execute(f"comment on table marts.{name} is 'a small one'")
