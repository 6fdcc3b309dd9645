"""Publishing: the marts, and nothing else, put in place as a whole or not at all.

``published/marts.duckdb`` and ``published/parquet`` are links through ``published/current`` into
``published/versions/<content id>/``. Replacing that one link is the swap: a reader sees the old night or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hrtp.build import WAREHOUSE_FILE, sql_text, warehouse_lock
from hrtp.errors import PublishFailed
from hrtp.landing import file_sha256, sync_folder, write_atomically
from hrtp.settings import Settings

MARTS_FILE = "marts.duckdb"
#: Nights kept for readers that still have one open.
KEEP_VERSIONS = 3


@dataclass(frozen=True)
class PublishResult:
    """``changed`` is False where the marts are byte for byte those that were published before."""

    changed: bool
    content_id: str
    marts: dict[str, int]
    path: Path

    def summary(self) -> dict[str, object]:
        """Counts for logs and XComs."""
        return {"changed": self.changed, "content_id": self.content_id, "marts": len(self.marts)}


def publish(settings: Settings) -> PublishResult:
    """Copy the marts out of the warehouse and swap them in.

    Raises:
        PublishFailed: where there is no warehouse, or the copy differs from it; the last good files stay.
    """
    with warehouse_lock(settings):
        source = settings.warehouse / WAREHOUSE_FILE
        if not source.exists():
            raise PublishFailed("there is no warehouse yet; run `hrtp build` first")
        candidate = settings.published / f".candidate-{uuid.uuid4().hex}"
        for old in settings.published.glob(".candidate-*"):
            shutil.rmtree(old)
        try:
            marts = _copy_marts(source, candidate)
            content_id = _content_id(candidate)
            changed = content_id != current_content_id(settings)
            if changed:
                _swap(settings, candidate, content_id, marts)
        finally:
            shutil.rmtree(candidate, ignore_errors=True)
    return PublishResult(changed, content_id, marts, settings.published / MARTS_FILE)


def current_content_id(settings: Settings) -> str | None:
    """Content id of what is published now; None before the first time."""
    link = settings.published / "current"
    return link.readlink().name if link.is_symlink() else None


def _copy_marts(source: Path, candidate: Path) -> dict[str, int]:
    (candidate / "parquet").mkdir(parents=True)
    counts: dict[str, int] = {}
    # both files are attached by a name of ours: in a file named marts, `marts.x` could be catalog or schema
    with duckdb.connect() as connection:
        # one thread: rows and row groups are written in one order, so the same marts are the same bytes
        connection.execute("set threads = 1")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {sql_text(source)} as warehouse (read_only)")
        connection.execute(f"attach {sql_text(candidate / MARTS_FILE)} as target")
        connection.execute("create schema target.marts")
        names = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name = 'marts' order by 1"
        ).fetchall()
        if not names:
            raise PublishFailed("the warehouse holds no mart; run `hrtp build` again")
        for (name,) in names:
            connection.execute(
                f'create table target.marts."{name}" as select * from warehouse.marts."{name}" order by all'
            )
            target = sql_text(candidate / "parquet" / f"{name}.parquet")
            connection.execute(
                f'copy (from target.marts."{name}" order by all) to {target} (format parquet, compression zstd)'
            )
            copied, original = connection.execute(
                f'select (select count(*) from target.marts."{name}"), (select count(*) from warehouse.marts."{name}")'
            ).fetchall()[0]
            if copied != original:
                raise PublishFailed(f"mart {name} was copied with {copied} of {original} rows")
            counts[name] = copied
        _copy_comments(connection)
        connection.execute("checkpoint target")
        connection.execute("detach target")
    for path in candidate.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    return counts


def _copy_comments(connection: duckdb.DuckDBPyConnection) -> None:
    comments = connection.execute(
        "select table_name, null, comment from duckdb_tables() "
        "where database_name = 'warehouse' and schema_name = 'marts' and comment is not null "
        "union all select table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'warehouse' and schema_name = 'marts' and comment is not null order by all"
    ).fetchall()
    for table, column, comment in comments:
        what = f'table target.marts."{table}"' if column is None else f'column target.marts."{table}"."{column}"'
        connection.execute(f"comment on {what} is {sql_text(comment)}")


def _content_id(candidate: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((candidate / "parquet").glob("*.parquet")):
        digest.update(f"{path.name} {file_sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def _swap(settings: Settings, candidate: Path, content_id: str, marts: dict[str, int]) -> None:
    versions = settings.published / "versions"
    versions.mkdir(exist_ok=True)
    target = versions / content_id
    manifest = {"content_id": content_id, "marts": marts}
    write_atomically(candidate / "manifest.json", json.dumps(manifest, indent=1, sort_keys=True).encode(), 0o444)
    candidate.chmod(0o755)
    if target.exists():  # a night from before that came back, or a swap that was cut short
        shutil.rmtree(target)
    os.replace(candidate, target)
    sync_folder(versions)
    _link(settings.published / "current", Path("versions") / content_id)
    _link(settings.published / MARTS_FILE, Path("current") / MARTS_FILE)
    _link(settings.published / "parquet", Path("current") / "parquet")
    kept = sorted(versions.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in [path for path in kept if path.name != content_id][KEEP_VERSIONS - 1 :]:
        shutil.rmtree(old)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    part = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    part.symlink_to(target)
    os.replace(part, link)
    sync_folder(link.parent)
