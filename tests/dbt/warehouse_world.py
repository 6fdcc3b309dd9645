"""Small worlds for tests of the dbt project: rows in as dictionaries, marts out of one `dbt build`.

A world is a DuckDB file whose `raw` and `identity` schemas look as the loader leaves them. Whoever tests a mart writes
down the exports that matter and asserts on figures; all that is not given is empty.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import duckdb
import yaml

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
AS_OF = "2026-09-30"
#: The file of a world; dbt calls the database after it.
WAREHOUSE = "warehouse.duckdb"
SECTORS = ("construction", "healthcare", "technology", "early_care_education", "aerospace", "creative_economy")
AJCCS = ("ajcc_la_county", "ajcc_south_bay")
OFFICE = "deo_program_office"
KINDS: dict[str, tuple[str, ...]] = {
    "sector_intermediary": (
        "participants", "enrollments", "services", "placements", "programs", "partners", "employer_partnerships",
    ),
    "ajcc": ("participants", "pirl", "caljobs_activities", "placements"),
    "program_office": ("contracts", "deliverables", "milestones"),
}  # fmt: skip
# The star and the quality marts with all they need, for tests that no indicator concerns.
CORE = ("+path:models/marts/core", "+path:models/marts/quality")
Row = Mapping[str, object]
#: The persons that count, and who they would be under other judgements: the same, unless a test says otherwise.
KEY_COLUMNS = ("person_key", "key_deterministic", "key_probabilistic", "key_if_none_merged", "key_if_all_merged")


@dataclass(frozen=True)
class File:
    """One export of one entity, as the loader would have left it.

    `rows` are dictionaries of raw column name to value (dates may be `date`s); row numbers count from 2, the header
    being 1, unless a row gives its own `_row_number`. `quarantined` rows are (row_number, rule_id, column, message).
    Files of one source arrive in the order in which the world lists them, unless `sequence` says otherwise.
    `first_through` is the day under which the bytes of `data_through` came before.
    """

    source: str
    entity: str
    rows: Sequence[Row] = ()
    data_through: str = AS_OF
    mode: str = "full"
    state: str = "loaded"
    reason: str | None = None
    name: str | None = None
    duplicates: int = 0
    blanks: int = 0
    quarantined: Sequence[tuple[int, str, str | None, str]] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)
    sequence: int | None = None
    first_through: str | None = None


@dataclass(frozen=True)
class Registered:
    """One source of the registry; `entities` defaults to those of its kind."""

    source: str
    kind: str
    entities: tuple[str, ...] | None = None
    late_after_days: int = 3
    mode: str = "full"


def default_registry() -> list[Registered]:
    """The County's nine sources."""
    return [
        *(Registered(sector, "sector_intermediary") for sector in SECTORS),
        *(Registered(ajcc, "ajcc") for ajcc in AJCCS),
        Registered(OFFICE, "program_office"),
    ]


@dataclass(frozen=True)
class World:
    """A built world. `outcomes` maps a dbt node name to its status (`success`, `pass`, `fail`, `warn`, ...)."""

    path: Path
    as_of: date
    outcomes: Mapping[str, str]
    seconds: float

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Every row that `sql` gives on the built file."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def dicts(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Every row as a dictionary by column name."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            cursor = connection.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, sql: str, *parameters: object) -> Any:
        """The one value of the one row that `sql` gives."""
        (row,) = self.rows(sql, *parameters)
        (value,) = row
        return value

    def failed(self) -> list[str]:
        """Names of the nodes that neither succeeded nor merely warned."""
        return sorted(
            name for name, status in self.outcomes.items() if status in {"error", "fail", "runtime error", "skipped"}
        )


def file_hash(source: str, entity: str, position: int) -> str:
    """The sha256 that a world gives its `position`-th file (0 first); a readable text has no place in that column."""
    return hashlib.sha256(f"{source}/{entity}/{position}".encode()).hexdigest()


def raw_columns() -> dict[str, list[tuple[str, str]]]:
    """(column, type) of every table of dbt's sources, by table name."""
    return {
        table["name"]: [(column["name"], column.get("data_type", "varchar")) for column in table["columns"]]
        for source in _sources()
        for table in source["tables"]
    }


def _sources() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROJECT / "models" / "staging" / "_sources.yml").read_text())
    sources: list[dict[str, Any]] = document["sources"]
    return sources


def write_raw(
    path: Path,
    files: Sequence[File],
    *,
    person_keys: Mapping[tuple[str, str], str] | None = None,
    caljobs_keys: Mapping[tuple[str, str], str] | None = None,
    registry: Sequence[Registered] | None = None,
) -> None:
    """Write the `raw` and `identity` schemas of a world.

    A person's key is what `person_keys[(source, participant_id)]` says, else the participant_id itself: one id in two
    sources is one person. A state id's key is what `caljobs_keys[(source, id)]` says, else the key of a participant
    who carries it, else the id itself where a PIRL record carries it; any other is unknown.
    """
    columns = raw_columns()
    registry = default_registry() if registry is None else registry
    tables: dict[str, list[dict[str, object]]] = {name: [] for name in columns}
    positions: dict[str, int] = {}
    for position, file in enumerate(files):
        positions[file.source] = positions.get(file.source, 0) + 1
        sha = file_hash(file.source, file.entity, position)
        loaded = file.state == "loaded"
        if loaded:
            for number, row in enumerate(file.rows, start=2):
                tables[file.entity].append(
                    {**row, "_source": file.source, "_file_sha256": sha, "_row_number": row.get("_row_number", number)}
                )
        n_quarantined = len({number for number, *_ in file.quarantined})
        n_loaded = len(file.rows) if loaded else 0
        tables["load_manifest"].append({
            "source": file.source,
            "entity": file.entity,
            "file_sha256": sha,
            "file_name": file.name or f"{file.entity}_{file.data_through.replace('-', '')}.csv",
            "mode": file.mode,
            "data_through_date": file.data_through,
            "first_through_date": file.first_through or file.data_through,
            "received_at": datetime(2026, 10, 1, 9, 30) + timedelta(minutes=position),
            "source_sequence": file.sequence or positions[file.source],
            "state": file.state,
            "reason": file.reason,
            "rows_in": n_loaded + n_quarantined + file.duplicates + file.blanks,
            "rows_loaded": n_loaded,
            "rows_quarantined": n_quarantined,
            "rows_duplicate": file.duplicates,
            "rows_blank": file.blanks,
            "warnings": "{" + ", ".join(f'"{key}": {count}' for key, count in file.warnings.items()) + "}",
        })  # fmt: skip
        for number, rule, column, message in file.quarantined:
            tables["quarantined_rows"].append({
                "source": file.source, "entity": file.entity, "file_sha256": sha, "row_number": number, "rule_id": rule,
                "rule_version": "1", "column_name": column, "severity": "error", "message": message,
            })  # fmt: skip
    for registered in registry:
        for entity in registered.entities or KINDS[registered.kind]:
            tables["source_registry"].append({
                "source": registered.source, "source_name": registered.source.replace("_", " ").title(),
                "kind": registered.kind, "entity": entity, "mode": registered.mode,
                "sector": registered.source if registered.kind == "sector_intermediary" else None,
                "owner_name": "HRTP data desk", "owner_email": "hrtp-data@example.org",
                "late_after_days": registered.late_after_days,
            })  # fmt: skip
    tables["record_keys"] = _record_keys(tables, person_keys or {}, caljobs_keys or {})
    _write_tables(path, columns, tables)


def _record_keys(
    tables: Mapping[str, Iterable[Mapping[str, object]]],
    person_keys: Mapping[tuple[str, str], str],
    caljobs_keys: Mapping[tuple[str, str], str],
) -> list[dict[str, object]]:
    participants: dict[tuple[str, str], str] = {}
    state_ids: dict[tuple[str, str], str] = {}
    holders: dict[str, str] = {}
    for row in tables["participants"]:
        source, identifier = str(row["_source"]), str(row["participant_id"])
        key = person_keys.get((source, identifier), identifier)
        participants[source, identifier] = key
        if row.get("caljobs_id"):
            holders[str(row["caljobs_id"])] = key
            state_ids[source, str(row["caljobs_id"])] = key
    for row in tables["pirl"]:
        identifier = str(row["pirl_100"])
        state_ids[str(row["_source"]), identifier] = holders.get(identifier, identifier)
    state_ids.update(caljobs_keys)
    return [
        {"source": source, "record_type": record_type, "record_id": identifier, **dict.fromkeys(KEY_COLUMNS, key)}
        for record_type, keys in (("participant", participants), ("caljobs", state_ids))
        for (source, identifier), key in keys.items()
    ]


def _write_tables(
    path: Path,
    columns: Mapping[str, Sequence[tuple[str, str]]],
    tables: Mapping[str, Sequence[Mapping[str, object]]],
) -> None:
    with duckdb.connect(str(path)) as connection:
        schemas = {table["name"]: source["schema"] for source in _sources() for table in source["tables"]}
        for schema in sorted(set(schemas.values())):
            connection.execute(f"create schema {schema}")
        for name, table_columns in columns.items():
            schema = schemas[name]
            names = [column for column, _ in table_columns]
            typed = ", ".join(f'"{column}" {data_type}' for column, data_type in table_columns)
            connection.execute(f"create table {schema}.{name} ({typed})")
            for row in tables[name]:
                unknown = set(row) - set(names)
                if unknown:
                    raise KeyError(f"{name} has no column {sorted(unknown)}")
            if tables[name]:
                marks = ", ".join("?" for _ in names)
                values = [
                    [None if row.get(column) is None else str(row[column]) for column in names] for row in tables[name]
                ]
                connection.executemany(f"insert into {schema}.{name} values ({marks})", values)


def parse_project(target: Path) -> Manifest:
    """Parse the dbt project of ``PROJECT``, which a test may have changed."""
    from dbt.cli.main import dbtRunner

    with _environment(target):
        result = dbtRunner().invoke(["parse", *_locations(target), "--no-partial-parse"])
    if not result.success:
        raise AssertionError(f"dbt parse failed: {result.exception}")
    manifest: Manifest = result.result
    return manifest


def run_dbt(
    folder: Path, manifest: Manifest, command: str, as_of: str, *arguments: str, **variables: str
) -> tuple[dict[str, str], float]:
    """Run one dbt command on `folder/warehouse.duckdb`; gives status by node name, and seconds."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    chosen = yaml.safe_dump({"as_of": as_of, **variables}, default_flow_style=True).strip()
    try:
        with _environment(folder):
            result = dbtRunner(manifest=manifest.deepcopy()).invoke(
                [command, *_locations(folder), "--vars", chosen, "--threads", "2", *arguments]
            )
    finally:
        DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        raise result.exception
    runs = result.result
    outcomes = {run.node.name: str(run.status) for run in runs.results}
    for run in runs.results:
        if str(run.status) in {"error", "fail", "runtime error"}:
            print(f"{run.node.name}: {run.message}")
    return outcomes, float(runs.elapsed_time)


def _environment(folder: Path) -> AbstractContextManager[object]:
    """What `profiles.yml` asks for: the warehouse of this world, closed but for the seeds of the project in use."""
    asked = {"HRTP_DBT_PATH": str(folder / WAREHOUSE), "HRTP_DBT_FOLDERS": str(PROJECT.parent / "seeds")}
    return patch.dict(os.environ, asked)


def _locations(folder: Path) -> list[str]:
    return [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(folder / "target"),
        "--log-path", str(folder / "logs"), "--quiet",
    ]  # fmt: skip
