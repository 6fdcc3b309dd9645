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
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from hrtp.build import WAREHOUSE_FILE, warehouse_lock
from hrtp.disk import require_room, size_of
from hrtp.duck import open_duckdb, sql_text
from hrtp.errors import PublishFailed, no_values_in_errors
from hrtp.landing import file_sha256, sync_folder, write_atomically
from hrtp.lineage import observed
from hrtp.settings import Settings
from hrtp.steps import step

if TYPE_CHECKING:
    from hrtp.lineage.events import Events, Work

MARTS_FILE = "marts.duckdb"
MANIFEST_FILE = "manifest.json"
#: The oldest form that this DuckDB writes: every client since 1.0 opens it (docs/decisions/0051).
STORAGE_VERSION = "v1.0.0"
#: Names of what is on its way in or out; no reader looks at them.
_PART, _GONE = ".link-", ".gone-"
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
        LowDiskError: where there is hardly room for another night; nothing was begun.
    """
    with (
        observed(settings, "publish") as seen,
        no_values_in_errors(PublishFailed, "publish"),
        warehouse_lock(settings),
    ):
        source = settings.warehouse / WAREHOUSE_FILE
        if not source.exists():
            raise PublishFailed("there is no warehouse yet; run `hrtp build` first")
        _sweep(settings)
        require_room(settings.published, size_of([source]), "publishing")
        candidate = settings.published / f".candidate-{uuid.uuid4().hex}"
        try:
            marts, comments = _copy_marts(source, candidate)
            content_id = _content_id(candidate, comments)
            changed = content_id != current_content_id(settings)
            # a night that lost a file, or whose file was changed, is put in place again
            if changed or damaged_files(settings.published / "versions" / content_id):
                _put_in_place(settings, candidate, content_id, marts)
        finally:
            shutil.rmtree(candidate, ignore_errors=True)
        # both lead through `current`, and lead nowhere until it is there: so all doors open in the same instant, also
        # on the first night; looked at in every run, because the last may have been cut short
        _link(settings.published / MARTS_FILE, Path("current") / MARTS_FILE)
        step("publish.duckdb_linked")
        _link(settings.published / "parquet", Path("current") / "parquet")
        step("publish.parquet_linked")
        _link(settings.published / "current", Path("versions") / content_id)
        step("publish.current_linked")
        _drop_versions(settings, keep=KEEP_VERSIONS)
        step("publish.old_versions_dropped")
        seen.did(lambda events: _lineage(events, settings, marts, content_id))
    return PublishResult(changed, content_id, marts, settings.published / MARTS_FILE)


def _lineage(events: Events, settings: Settings, marts: dict[str, int], content_id: str) -> Iterable[Work]:
    from hrtp.lineage.publications import published_files

    return published_files(settings.published, marts, content_id)(events)


def drop_old_versions(settings: Settings) -> None:
    """Keep only what is published now: nights before it may hold what must not be held any more."""
    with warehouse_lock(settings):
        _drop_versions(settings, keep=1)


def current_content_id(settings: Settings) -> str | None:
    """Content id of what is published now; None before the first time."""
    link = settings.published / "current"
    return link.readlink().name if link.is_symlink() else None


def damaged_files(version: Path) -> list[str]:
    """Names of a published version's files that are gone or are not the bytes that were published."""
    try:
        files: dict[str, str] = json.loads((version / MANIFEST_FILE).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return ["manifest.json"]
    return [name for name, digest in files.items() if not _has_digest(version / name, digest)]


def _has_digest(path: Path, digest: str) -> bool:
    try:
        return file_sha256(path) == digest
    except OSError:
        return False


def _copy_marts(source: Path, candidate: Path) -> tuple[dict[str, int], list[str]]:
    """Mart -> rows, and the statements that describe tables and columns."""
    (candidate / "parquet").mkdir(parents=True)
    step("publish.candidate_made")
    counts: dict[str, int] = {}
    # both files are attached by a name of ours: in a file named marts, `marts.x` could be catalog or schema
    # one thread: rows and row groups are written in one order, so the same marts are the same bytes
    once = {"threads": "1", "temp_directory": str(candidate / ".spill")}
    with open_duckdb(folders=[candidate], attached={"warehouse": source}, settings=once) as connection:
        connection.execute(f"attach {sql_text(candidate / MARTS_FILE)} as target (storage_version '{STORAGE_VERSION}')")
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
            step("publish.mart_copied")
        comments = _copy_comments(connection)
        connection.execute("checkpoint target")
        connection.execute("detach target")
    shutil.rmtree(candidate / ".spill", ignore_errors=True)
    for path in candidate.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o444)
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    sync_folder(candidate / "parquet")
    sync_folder(candidate)
    step("publish.copied")
    return counts, comments


def _copy_comments(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name, null, comment from duckdb_tables() "
        "where database_name = 'warehouse' and schema_name = 'marts' and comment is not null "
        "union all select table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'warehouse' and schema_name = 'marts' and comment is not null order by all"
    ).fetchall()
    statements = []
    for table, column, comment in rows:
        what = f'table target.marts."{table}"' if column is None else f'column target.marts."{table}"."{column}"'
        statements.append(f"comment on {what} is {sql_text(comment)}")
        connection.execute(statements[-1])
    return statements


def _content_id(candidate: Path, comments: list[str]) -> str:
    """Of the rows, and of the words that say what they are."""
    digest = hashlib.sha256("\n".join(comments).encode())
    for path in sorted((candidate / "parquet").glob("*.parquet")):
        digest.update(f"{path.name} {file_sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def _put_in_place(settings: Settings, candidate: Path, content_id: str, marts: dict[str, int]) -> None:
    versions = settings.published / "versions"
    versions.mkdir(exist_ok=True)
    versions.chmod(0o755)
    target = versions / content_id
    files = {
        path.relative_to(candidate).as_posix(): file_sha256(path) for path in candidate.rglob("*") if path.is_file()
    }
    manifest = {"content_id": content_id, "marts": marts, "files": files}
    write_atomically(candidate / MANIFEST_FILE, json.dumps(manifest, indent=1, sort_keys=True).encode(), 0o444)
    candidate.chmod(0o755)
    step("publish.before_replace")
    if target.exists():  # a night from before that came back, a swap that was cut short, or one that was damaged
        os.replace(target, versions / f"{_GONE}{uuid.uuid4().hex}")
        step("publish.target_away")
    os.replace(candidate, target)
    sync_folder(versions)
    step("publish.version_in_place")


def _drop_versions(settings: Settings, keep: int) -> None:
    """Keep the current version and the newest others; a version leaves by a rename, so none is ever half there."""
    versions = settings.published / "versions"
    current = current_content_id(settings)
    found = [path for path in versions.iterdir() if not path.name.startswith(_GONE)]
    others = sorted((p for p in found if p.name != current), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in others[keep - 1 :]:
        os.replace(old, versions / f"{_GONE}{uuid.uuid4().hex}")
    for gone in versions.glob(f"{_GONE}*"):
        shutil.rmtree(gone)


def _sweep(settings: Settings) -> None:
    """Remove what killed runs left behind; only under the lock."""
    for old in settings.published.glob(".candidate-*"):
        shutil.rmtree(old)
    for part in settings.published.glob(f"{_PART}*"):
        part.unlink()


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    part = link.with_name(f"{_PART}{link.name}.{uuid.uuid4().hex}")
    part.symlink_to(target)
    os.replace(part, link)
    sync_folder(link.parent)
