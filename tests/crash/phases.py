"""The three steps of a night, and what they have left behind, as a test process runs them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hrtp.settings import Settings, load_settings
from tests.crash.world import SOURCES

AS_OF = date(2026, 9, 30)


def settings_of(home: Path, exports: Path | None = None) -> Settings:
    """Settings of a home; the key is the same for all, or no two would have the same figures."""
    return load_settings(home=home, exports=exports, as_of=AS_OF, person_key="k" * 64)


def ingest(home: Path, exports: Path, sources: tuple[str, ...] = SOURCES) -> dict[str, str]:
    """Take in what lies in the partners' folders; the state of each source."""
    from hrtp.ingest import ingest as take_in
    from hrtp.ingest import source_config

    settings = settings_of(home, exports)
    return {name: take_in(source_config(name, settings), settings).state for name in sources}


def ingest_or_fail(home: Path, exports: Path, source: str) -> dict[str, object]:
    """As the task does it: the summary, or the error that a person reads."""
    from hrtp.ingest import ingest_source

    return ingest_source(source, settings_of(home, exports)).summary()


def build(home: Path) -> dict[str, object]:
    """Build the warehouse."""
    from hrtp.build import build_warehouse

    return build_warehouse(settings_of(home), AS_OF).summary()


def publish(home: Path) -> str:
    """Publish; the content id."""
    from hrtp.publish import publish as put_in_place

    return put_in_place(settings_of(home)).content_id


def build_and_publish(home: Path) -> str:
    """Both."""
    build(home)
    return publish(home)


@dataclass(frozen=True)
class Raw:
    """All that a build reads of a home.

    Attributes:
        tables: digest of every raw table, of the manifests, the quarantine and the identities, by name.
        rows: rows of each file in its table, by (entity, source, sha256).
        claimed: rows that the manifests say were loaded, by the same.
        loads: how many commits loaded it, by the same.
        landed: name and digest of every file in landing that is there to stay.
    """

    tables: dict[str, str]
    rows: dict[tuple[str, str, str], int]
    claimed: dict[tuple[str, str, str], int]
    loads: dict[tuple[str, str, str], int]
    landed: dict[str, str]

    def lost(self, whole: Raw) -> int:
        """Rows that a home without a kill has, and this one not."""
        return sum(max(0, n - self.rows.get(key, 0)) for key, n in whole.rows.items())

    def double(self, whole: Raw) -> int:
        """Files that were loaded more than once, and rows that are there more often than they should."""
        again = sum(max(0, n - 1) for n in self.loads.values())
        return again + sum(max(0, n - whole.rows.get(key, 0)) for key, n in self.rows.items())


def look(home: Path) -> Raw:
    """Read a home as a build would, and its ledger."""
    from hrtp.build import _create_raw
    from hrtp.contracts import load_contracts
    from hrtp.duck import open_duckdb
    from hrtp.identity import load_person_key, resolve
    from hrtp.raw import RawZone

    settings = settings_of(home)
    zone = RawZone(settings, load_contracts(settings.project))
    version = zone.version()
    tables: dict[str, str] = {}
    rows: dict[tuple[str, str, str], int] = {}
    readable = (settings.raw, settings.quarantine, settings.identity)
    with (
        tempfile.TemporaryDirectory(prefix="hrtp-crash-") as folder,
        open_duckdb(Path(folder) / "look.duckdb", folders=readable) as connection,
    ):
        _create_raw(connection, zone, version, settings, AS_OF)
        keys = resolve(connection, load_person_key(settings), settings)
        relations = {f"raw.{name}": f"raw.{name}" for name in version.entities}
        relations |= {f"raw.{n}": f"raw.{n}" for n in ("load_manifest", "quarantined_rows", "source_registry")}
        relations["identity.record_keys"] = f"read_parquet('{keys}')"
        for name, relation in relations.items():
            found = connection.execute(f"from {relation} order by all").fetchall()
            tables[name] = hashlib.sha256(repr(found).encode()).hexdigest()
        for entity in version.entities:
            counts = connection.execute(f"select _source, _file_sha256, count(*) from raw.{entity} group by all")
            rows |= {(entity, source, sha): n for source, sha, n in counts.fetchall()}
    commits = [m for m in zone._commits(version) if m.state == "loaded"]
    claimed = {(m.entity, m.source, m.file_sha256): m.rows_loaded for m in commits}
    loads = Counter((m.entity, m.source, m.file_sha256) for m in commits)
    return Raw(tables, rows, claimed, dict(loads), _landed(settings.landing))


def _landed(landing: Path) -> dict[str, str]:
    """What makes up the truth; locks, half downloads and parts that a kill left are not of it."""
    return {
        str(path.relative_to(landing)): _sha256(path)
        for path in sorted(landing.rglob("*"))
        if path.is_file() and path.name != ".lock" and path.suffix != ".part" and path.parent.name != ".incoming"
    }


@dataclass(frozen=True)
class Published:
    """What readers are given: the content id, the sha256 of every Parquet file, and what is wrong with it."""

    content_id: str
    parquet: dict[str, str]
    damaged: tuple[str, ...]


def published(home: Path) -> Published:
    """Look at what is published, through the links that readers use."""
    from hrtp.publish import damaged_files

    folder = home / "published"
    current = (folder / "current").resolve(strict=True)
    parquet = {path.name: _sha256(path) for path in sorted((folder / "parquet").glob("*.parquet"))}
    manifest = json.loads((current / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["content_id"] == current.name
    assert (folder / "marts.duckdb").resolve() == current / "marts.duckdb"
    return Published(current.name, parquet, tuple(damaged_files(current)))


def marts_digest(file: Path) -> str:
    """Digest of all rows of all marts of a DuckDB file: its own bytes may differ between two runs, its rows may not."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(f"attach '{file}' as night (read_only)")
        names = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'night' and schema_name = 'marts' order by 1"
        )
        found: list[Any] = []
        for (name,) in names.fetchall():
            sums = connection.execute(f'select count(*), bit_xor(hash(t)) from night.marts."{name}" as t').fetchall()
            found.append((name, sums))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
