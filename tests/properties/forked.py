"""Nights in processes of their own, which can be killed at any step; what stands afterwards comes back as data."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hrtp import steps
from hrtp.contracts import load_contracts
from hrtp.settings import Settings, load_settings
from hrtp.sources import SourceConfig, load_sources
from tests.properties.corpus import PROJECT

CONTRACTS = load_contracts(PROJECT)
SOURCES: dict[str, SourceConfig] = {s.source: s for s in load_sources(PROJECT).values()}
MACROS = PROJECT / "dbt_project" / "macros"
STAGING = PROJECT / "dbt_project" / "models" / "staging"
KEYS = {"enrollments": ["enrollment_id"], "services": ["service_id"]}


@dataclass
class Standing:
    """What stands after a night. Files by (source, entity, sha256); rows by (source, entity), day and key."""

    files: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    raw_rows: dict[tuple[str, str, str], set[int]] = field(default_factory=dict)
    bad_rows: dict[tuple[str, str, str], set[int]] = field(default_factory=dict)
    current: dict[tuple[str, str, date], dict[str, dict[str, str]]] = field(default_factory=dict)


class Killed(Exception):
    """The process was killed, as it was meant to be."""


def in_a_child(work: Callable[[], Any], *, die_at: int | None = None, by_exception: bool = False) -> Any:
    """Do ``work`` in a fork; at the ``die_at``-th step it is killed, or an exception runs through it.

    Raises:
        Killed: it died there. Where it takes fewer steps it ends as if nothing had been asked.
        AssertionError: it failed by itself, with its traceback.
    """
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_child, args=(work, die_at, by_exception, theirs))
    child.start()
    theirs.close()
    try:
        kind, answer = ours.recv()
    except EOFError:
        kind, answer = "killed", None
    child.join()
    if kind == "killed":
        if die_at is None:
            raise AssertionError(f"the process died by itself (exit {child.exitcode})")
        raise Killed
    if kind == "failed":
        raise AssertionError(answer)
    return answer


class _Stop(BaseException):
    pass


def _child(work: Callable[[], Any], die_at: int | None, by_exception: bool, answer: Connection) -> None:
    count = 0

    def hook(_: str) -> None:
        nonlocal count
        count += 1
        if count == die_at:
            if by_exception:
                raise _Stop
            os.kill(os.getpid(), signal.SIGKILL)

    logging.disable(logging.CRITICAL)
    steps._hook = hook
    try:
        answer.send(("done", work()))
    except _Stop:
        answer.send(("killed", None))
    except BaseException:
        answer.send(("failed", traceback.format_exc()))
    answer.close()
    sys.stdout.flush()
    os._exit(0)


class Home:
    """One deployment, worked on in children only."""

    def __init__(self, folder: Path, as_of: date) -> None:
        self.folder = folder
        self.settings: Settings = load_settings(
            home=folder / "home", exports=folder / "exports", as_of=as_of, person_key="k" * 40
        )
        self.as_of = as_of

    def drop(self, source: str, name: str, data: bytes) -> None:
        path = self.folder / "exports" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def clear(self, source: str) -> None:
        shutil.rmtree(self.folder / "exports" / source, ignore_errors=True)
        (self.folder / "exports" / source).mkdir(parents=True)

    def night(self, source: str, **death: Any) -> None:
        def work() -> None:
            from hrtp.ingest import ingest

            result = ingest(SOURCES[source], self.settings)
            assert (result.transport_error, result.not_fetched, result.tampered) == (None, [], None)

        in_a_child(work, **death)

    def decide(self, sha256: str, verdict: Any, **death: Any) -> None:
        def work() -> None:
            from hrtp.holds import decide

            decide(self.settings, sha256, verdict, why="as the model says", by="the model")

        in_a_child(work, **death)

    def judge_only(self, source: str) -> None:
        """What a night does that finds the partner's folder as it was."""

        def work() -> None:
            from hrtp.ingest import ingest

            ingest(SOURCES[source], self.settings, pull=False)

        in_a_child(work)

    def standing(self, streams: Mapping[str, tuple[str, ...]], days: tuple[date, ...]) -> Standing:
        answer: Standing = in_a_child(lambda: _standing(self.settings, streams, days))
        return answer

    def restored(self, folder: Path) -> Home:
        """A deployment with nothing but a copy of the landing zone, judged from there."""
        other = Home(folder, self.as_of)
        shutil.copytree(self.settings.landing, other.settings.landing)
        for source in sorted(p.name for p in other.settings.landing.iterdir() if p.name in SOURCES):
            other.judge_only(source)
        return other


def _standing(settings: Settings, streams: Mapping[str, tuple[str, ...]], days: tuple[date, ...]) -> Standing:
    import duckdb
    import pyarrow.dataset as ds

    from hrtp.raw import RawZone

    zone, found = RawZone(settings, CONTRACTS), Standing()
    version = zone.version()
    entities = sorted({entity for names in streams.values() for entity in names})
    tables = {}
    for entity in entities:
        files = zone.files(entity, version)
        tables[entity] = ds.dataset(files).to_table() if files else zone.schema(entity).empty_table()
        for row in tables[entity].select(["_source", "_file_sha256", "_row_number"]).to_pylist():
            numbers = found.raw_rows.setdefault((row["_source"], entity, row["_file_sha256"]), set())
            assert row["_row_number"] not in numbers, "a row was loaded twice"
            numbers.add(row["_row_number"])
    transactions = {}
    for m in zone.manifests(version):
        m.check()
        transactions[m.source, m.entity, m.file_sha256] = m.transaction_id
        found.files[m.source, m.entity, m.file_sha256] = {
            "state": m.state, "reason": m.reason, "mode": m.mode, "day": m.data_through_date,
            "counts": (m.rows_in, m.rows_loaded, m.rows_quarantined, m.rows_duplicate, m.rows_blank),
        }  # fmt: skip
    quarantine = zone.quarantine_files(version)
    for row in ds.dataset(quarantine).to_table().to_pylist() if quarantine else ():
        key = (row["source"], row["entity"], row["file_sha256"])
        if transactions.get(key) == row["transaction_id"]:
            found.bad_rows.setdefault(key, set()).add(row["row_number"])
    with duckdb.connect() as connection:
        for entity, table in tables.items():
            connection.register(f"raw_{entity}", table)
        for day in days:
            _select_current(connection, zone, version, entities, day, found)
    return found


def _select_current(connection: Any, zone: Any, version: Any, entities: list[str], day: date, found: Standing) -> None:
    """By the warehouse's own SQL: its choice of files, then its choice of rows."""
    import jinja2

    connection.execute(
        "create or replace table stg_load_manifest (source varchar, entity varchar, file_sha256 varchar, mode varchar, "
        "data_through_date date, source_sequence bigint, state varchar)"
    )
    rows = [
        (m.source, m.entity, m.file_sha256, m.mode, m.data_through_date, m.source_sequence, m.state)
        for m in zone.manifests_as_of(version, day)
    ]
    if rows:
        connection.executemany("insert into stg_load_manifest values (?, ?, ?, ?, ?, ?, ?)", rows)
    names = {
        "ref": lambda name: name,
        "source": lambda _, name: f"raw_{name}",
        "as_of_date": lambda: f"date '{day}'",
    }
    environment = jinja2.Environment()
    files = environment.from_string((STAGING / "stg_current_files.sql").read_text()).render(names)
    connection.execute(f"create or replace view stg_current_files as {files}")
    macro = (MACROS / "current_rows.sql").read_text()
    for entity in entities:
        columns = list(CONTRACTS[entity].columns)
        call = f"{{{{ current_rows('{entity}', {KEYS[entity]}, {columns}) }}}}"
        sql = environment.from_string(macro + call).render(names)
        cursor = connection.execute(f"select source, {', '.join(columns)} from ({sql})")
        for source, *cells in cursor.fetchall():
            row = {name: cell or "" for name, cell in zip(columns, cells, strict=True)}
            rows_of = found.current.setdefault((source, entity, day), {})
            key = row[KEYS[entity][0]]
            assert key not in rows_of, "a key is current twice"
            rows_of[key] = row
