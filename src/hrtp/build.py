"""The nightly build: raw at a fixed version -> identity -> dbt -> a candidate warehouse, swapped in if all is well."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from hrtp.contracts import load_contracts
from hrtp.disk import require_room, size_of
from hrtp.duck import open_duckdb, sql_text
from hrtp.errors import BuildFailed, SourceConfigError, no_values_in_errors
from hrtp.identity import CHANGES_FILE, FIRST_DAYS, load_person_key, resolve
from hrtp.identity.decisions import Decisions
from hrtp.identity.files import built_as_of, decided_when_built
from hrtp.landing import LOS_ANGELES, sync_folder
from hrtp.lineage import observed
from hrtp.lineage.timing import DBT_TARGET, Timings, timings
from hrtp.locks import exclusive
from hrtp.nodes import NodeResult, failed_nodes
from hrtp.raw import META_COLUMNS, RawVersion, RawZone, text_fields
from hrtp.reference import create_reference
from hrtp.seals import seal_all
from hrtp.settings import Settings
from hrtp.sources import load_source
from hrtp.steps import step
from hrtp.variants import add_variants, create_variant_tables

if TYPE_CHECKING:
    from hrtp.lineage.events import Events, Work

log = logging.getLogger("hrtp.build")

WAREHOUSE_FILE = "hrtp.duckdb"
#: What dbt knew of the project when it built that file: the documentation and the semantic layer are made from these.
MANIFEST_FILE, SEMANTIC_MANIFEST_FILE = "manifest.json", "semantic_manifest.json"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class BuildResult:
    """A build that passed."""

    as_of: date
    raw_version: RawVersion
    path: Path
    nodes: list[NodeResult]

    def summary(self) -> dict[str, object]:
        """Counts for logs and XComs."""
        counts: dict[str, int] = {}
        for node in self.nodes:
            counts[f"{node.resource_type}_{node.status}"] = counts.get(f"{node.resource_type}_{node.status}", 0) + 1
        return {"as_of": self.as_of.isoformat(), **dict(sorted(counts.items()))}


def today() -> date:
    """Today in Los Angeles: the default ``as_of`` of a run that is not told one."""
    return datetime.now(LOS_ANGELES).date()


@contextmanager
def warehouse_lock(settings: Settings, say: Progress | None = None) -> Iterator[None]:
    """One build or publish at a time."""
    settings.make_zones()
    with exclusive(settings.warehouse / ".lock", "build or publish", say):
        yield


def build_warehouse(settings: Settings, as_of: date, progress: Progress | None = None) -> BuildResult:
    """Build the warehouse as of ``as_of`` from everything accepted so far.

    Raises:
        BuildFailed: where a model or a test failed; the last warehouse stays in place.
        SettingsError: where the person key is not the one of earlier figures.
        LowDiskError: where a build would hardly find the room to end; nothing was begun.
    """
    say = progress or (lambda _: None)
    with (
        observed(settings, "build") as seen,
        no_values_in_errors(BuildFailed, "build"),
        warehouse_lock(settings, say),
        ExitStack() as after,
    ):
        key = load_person_key(settings)
        folder = settings.warehouse / ".candidate"
        shutil.rmtree(folder, ignore_errors=True)
        sizes = (size_of([settings.warehouse / WAREHOUSE_FILE]), size_of([settings.raw]))
        require_room(settings.warehouse, max(sizes), "a build")
        folder.mkdir(mode=0o700)  # DuckDB may spill names here while it matches records
        # nothing of a failed build stays either: a test that stores its failing rows stores people
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        step("build.candidate_made")
        candidate = folder / WAREHOUSE_FILE
        contracts = load_contracts(settings.project)
        zone = RawZone(settings, contracts)
        version = zone.version()
        seal_all(settings, zone, version)
        readable = (settings.raw, settings.quarantine, settings.identity)
        with open_duckdb(candidate, folders=readable) as connection:
            _create_raw(connection, zone, version, settings, as_of)
            step("build.raw_views_made")
            say("identity: matching records")
            keys = resolve(connection, key, settings, as_of=as_of, first_days=_first_days(zone, version))
            connection.execute("create schema identity")
            for name, file in (("record_keys", keys), ("key_changes", settings.identity / CHANGES_FILE)):
                connection.execute(f"create view identity.{name} as select * from read_parquet({sql_text(file)})")
            create_variant_tables(connection, settings.identity / "pairs.parquet")
            create_reference(connection, settings, say)
        step("build.identity_joined")
        nodes = _run_dbt(settings, candidate, as_of, say)
        step("build.dbt_done")
        times = timings(settings.warehouse / DBT_TARGET)
        _require_success(nodes)
        for name in (MANIFEST_FILE, SEMANTIC_MANIFEST_FILE):  # before a further call of dbt writes them anew
            shutil.copyfile(settings.warehouse / DBT_TARGET / name, folder / name)
        again = add_variants(settings, candidate, as_of, say)
        if again:
            _require_success(again)
            # what ran again says the last word on itself
            nodes = sorted(({n.unique_id: n for n in (*nodes, *again)}).values(), key=lambda n: n.unique_id)
        with open_duckdb(candidate) as connection:
            _store_test_results(connection, nodes)
            connection.execute("checkpoint")
        step("build.checkpointed")
        target = settings.warehouse / WAREHOUSE_FILE
        _swap(candidate, target)
        for name in (MANIFEST_FILE, SEMANTIC_MANIFEST_FILE):
            os.replace(folder / name, settings.warehouse / name)
        shutil.rmtree(folder, ignore_errors=True)
        step("build.candidate_removed")
        result = BuildResult(as_of, version, target, nodes)
        seen.did(lambda events: _lineage(events, result, times))
        _build_data_docs(settings, say)
        step("build.data_docs_built")
    return result


def _lineage(events: Events, built: BuildResult, times: Timings) -> Iterable[Work]:
    from hrtp.lineage.models import models

    target = built.path.parent / DBT_TARGET
    return models(built.path, target, as_of=built.as_of, raw=built.raw_version, nodes=built.nodes, times=times)(events)


def _require_success(nodes: list[NodeResult]) -> None:
    failed = failed_nodes(nodes)
    if failed or not nodes:
        for node in failed:
            log.error("node=%s status=%s failures=%s %s", node.name, node.status, node.failures, node.message)
        raise BuildFailed(
            f"{len(failed)} of {len(nodes)} dbt nodes did not pass, first: {failed[0].name} ({failed[0].status})"
            if failed
            else "dbt ran nothing; look at the log above",
        )


@contextmanager
def raw_views(settings: Settings, as_of: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory over the raw views as a build of ``as_of`` sees them, for whoever asks about records."""
    zone = RawZone(settings, load_contracts(settings.project))
    version = zone.version()
    with open_duckdb(folders=(settings.raw, settings.quarantine), settings={"temp_directory": ""}) as connection:
        _create_raw(connection, zone, version, settings, as_of)
        yield connection


def follow_decisions(settings: Settings) -> bool:
    """Match anew as of the last build where a steward has decided since; False where there is nothing to follow.

    For whoever asks who is whom between a decision and the next build.
    """
    day = built_as_of(settings)
    newest = max((decision.number for decision in Decisions(settings.landing).all()), default=0)
    if day is None or newest <= decided_when_built(settings):
        return False
    zone = RawZone(settings, load_contracts(settings.project))
    with warehouse_lock(settings), raw_views(settings, day) as connection:
        first_days = _first_days(zone, zone.version())
        resolve(connection, load_person_key(settings), settings, as_of=day, first_days=first_days)
    return True


def _build_data_docs(settings: Settings, say: Progress) -> None:
    """Great Expectations' pages on the night's files; figures do not wait for them."""
    from hrtp.gate.docs import build_docs
    from hrtp.gate.errors import GateError

    try:
        site = build_docs(settings.data_docs)
    except GateError as error:
        log.error("data docs were not built: %s", error)
        return
    except (OSError, ValueError) as error:  # its text may name a file of a partner
        log.error("data docs were not built: %s", type(error).__name__)
        return
    if site.is_new:
        say(f"data docs: {site.pages} pages, {site.index}")


def _swap(candidate: Path, target: Path) -> None:
    candidate.with_name(candidate.name + ".wal").unlink(missing_ok=True)
    with candidate.open("rb") as handle:
        os.fsync(handle.fileno())
    candidate.chmod(0o640)
    # a stale log beside the swapped file would make it unopenable
    target.with_name(target.name + ".wal").unlink(missing_ok=True)
    step("build.before_swap")
    os.replace(candidate, target)
    step("build.swapped")
    sync_folder(target.parent)


def _create_raw(
    connection: duckdb.DuckDBPyConnection, zone: RawZone, version: RawVersion, settings: Settings, as_of: date
) -> None:
    """Views over the explicit file list of ``version``: dbt sees one fixed state, and no name is copied."""
    connection.execute("create schema raw")
    for entity in version.entities:
        fields = zone.schema(entity)
        columns = ", ".join(f'"{f.name}"::{_duckdb_type(f.type)} as "{f.name}"' for f in fields)
        files = zone.files(entity, version)
        if files:
            listing = ", ".join(sql_text(path) for path in files)
            missing = ", ".join(f'null::varchar as "{f.name}"' for f in fields if f.name not in META_COLUMNS)
            # a column that no file has yet (the contract gained it) still exists in the view
            source = (
                f"select {columns} from (select {missing}, null::varchar as _source, null::varchar as _file_sha256, "
                f"null::bigint as _row_number, null::varchar as _warnings where false "
                f"union all by name select * from read_parquet([{listing}], union_by_name = true))"
            )
        else:
            nulls = ", ".join(f'null::{_duckdb_type(f.type)} as "{f.name}"' for f in fields)
            source = f"select {nulls} where false"
        connection.execute(f"create view raw.{entity} as {source}")
    quarantine = zone.quarantine_files(version)
    connection.execute(
        "create table raw.all_quarantined_rows (source varchar, entity varchar, file_sha256 varchar, "
        "row_number bigint, rule_id varchar, rule_version varchar, column_name varchar, severity varchar, "
        "message varchar, transaction_id varchar)"
    )
    if quarantine:
        listing = ", ".join(sql_text(path) for path in quarantine)
        connection.execute(f"insert into raw.all_quarantined_rows by name select * from read_parquet([{listing}])")
    first = {(m.source, m.entity, m.file_sha256): m.data_through_date for m in zone.manifests(version)}
    manifests = [
        _manifest_row(m.to_json()) | {"first_through_date": first[m.source, m.entity, m.file_sha256]}
        for m in zone.manifests_as_of(version, as_of)
    ]
    manifest_table = pa.Table.from_pylist(manifests, schema=_MANIFEST_SCHEMA)
    registry_table = pa.Table.from_pylist(list(_registry(settings)), schema=_REGISTRY_SCHEMA)
    for name, table in (("load_manifest", manifest_table), ("source_registry", registry_table)):
        connection.register("incoming", table)
        connection.execute(f"create table raw.{name} as select * from incoming order by all")
        connection.unregister("incoming")
    # a row is quarantined where its file's last word says so; a crash before that word leaves orphans behind
    connection.execute(
        "create table raw.quarantined_rows as select distinct q.* exclude (transaction_id) "
        "from raw.all_quarantined_rows as q semi join (from raw.load_manifest where state = 'loaded') as m "
        "using (source, entity, file_sha256, transaction_id) order by all"
    )
    connection.execute("drop table raw.all_quarantined_rows")


_COUNTS = ("rows_in", "rows_loaded", "rows_quarantined", "rows_duplicate", "rows_blank")
_MANIFEST_SCHEMA = pa.schema(
    text_fields("source", "entity", "file_sha256", "file_name", "mode", "form", "transaction_id")
    + [pa.field(name, pa.date32()) for name in ("data_through_date", "first_through_date")]
    + [pa.field("received_at", pa.timestamp("us"))]
    + [pa.field("source_sequence", pa.int64())]
    + text_fields("state", "reason", "detail")
    + [pa.field(name, pa.int64()) for name in _COUNTS]
    + text_fields("warnings")
)
_REGISTRY_SCHEMA = pa.schema(
    text_fields("source", "source_name", "kind", "sector", "owner_name", "owner_email")
    + [pa.field("late_after_days", pa.int64())]
    + text_fields("entity", "mode")
)


def _first_days(zone: RawZone, version: RawVersion) -> pa.Table:
    """The day that each loaded file ran through when it first came."""
    loaded = [m for m in zone.manifests(version) if m.state == "loaded"]
    rows = [
        {"source": m.source, "entity": m.entity, "file_sha256": m.file_sha256, "first_day": m.data_through_date}
        for m in loaded
    ]
    return pa.Table.from_pylist(rows, schema=FIRST_DAYS)


def _manifest_row(text: str) -> dict[str, object]:
    row = json.loads(text)
    row["data_through_date"] = date.fromisoformat(row["data_through_date"])
    row["received_at"] = datetime.fromisoformat(row["received_at"]).replace(tzinfo=None)
    row["warnings"] = json.dumps(row["warnings"], sort_keys=True)
    return dict(row)


def _registry(settings: Settings) -> Iterator[dict[str, object]]:
    contracts = load_contracts(settings.project)
    for path in sorted((settings.project / "sources").glob("*.yml")):
        try:
            source = load_source(path)
        except SourceConfigError as error:
            # its own DAG fails and says so; the other partners' figures must not wait for a typing mistake
            log.error("left out of the registry: %s", error)
            continue
        for entity in sorted(contracts):
            if source.kind in contracts[entity].kinds:
                yield {
                    "source": source.source,
                    "source_name": source.name,
                    "kind": source.kind,
                    "sector": source.sector,
                    "owner_name": source.owner.name,
                    "owner_email": source.owner.email,
                    "late_after_days": source.late_after_days,
                    "entity": entity,
                    "mode": source.mapping(entity).mode,
                }


def _duckdb_type(kind: pa.DataType) -> str:
    return "bigint" if pa.types.is_int64(kind) else "varchar"


#: What dbt's own tests said of the night; not a model of its, so described here.
_TEST_RESULTS = {
    "table marts.dbt_test_results": "What the tests of the build said of this night, one row a test.",
    "column marts.dbt_test_results.test_name": "Name of the test.",
    "column marts.dbt_test_results.test_type": "test, or unit_test.",
    "column marts.dbt_test_results.status": "pass or warn: a night with a failed test is not published.",
    "column marts.dbt_test_results.n_failures": "Rows that the test found.",
    "column marts.dbt_test_results.severity": "error or warn: what becomes of rows that it finds.",
    "column marts.dbt_test_results.owner": "Who looks at it.",
    "column marts.dbt_test_results.how_to_resolve": "What to do about rows that it finds.",
}


def _store_test_results(connection: duckdb.DuckDBPyConnection, nodes: list[NodeResult]) -> None:
    connection.execute(
        "create or replace table marts.dbt_test_results (test_name varchar not null, test_type varchar not null, "
        "status varchar not null, n_failures bigint, severity varchar, owner varchar, how_to_resolve varchar)"
    )
    for what, words in _TEST_RESULTS.items():
        connection.execute(f"comment on {what} is {sql_text(words)}")
    rows = sorted(
        (
            n.name,
            n.resource_type,
            n.status,
            n.failures,
            str(n.meta.get("severity", "error")).lower(),
            n.meta.get("owner"),
            n.meta.get("how_to_resolve"),
        )
        for n in nodes
        if n.resource_type in {"test", "unit_test"}
    )
    if rows:
        connection.executemany("insert into marts.dbt_test_results values (?, ?, ?, ?, ?, ?, ?)", rows)


def _run_dbt(settings: Settings, candidate: Path, as_of: date, say: Progress) -> list[NodeResult]:
    from hrtp.dbt_runner import run_dbt

    return run_dbt(settings, candidate, as_of, say)
