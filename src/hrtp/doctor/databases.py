"""The warehouse and the published marts: readable to the last block, and the bytes that were published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hrtp.build import WAREHOUSE_FILE
from hrtp.doctor.model import Finding, error, warn
from hrtp.fullscan import full_scan
from hrtp.publish import MARTS_FILE, damaged_files
from hrtp.settings import Settings

_BUILD = "run `hrtp build`: the warehouse is built again from raw"
_PUBLISH = "run `hrtp publish`: it is published again from the warehouse"


def examine_databases(settings: Settings) -> list[Finding]:
    """Findings on both."""
    return [*_warehouse(settings), *_published(settings)]


def _warehouse(settings: Settings) -> Iterator[Finding]:
    path = settings.warehouse / WAREHOUSE_FILE
    if not path.exists():
        if any(settings.landing.glob("*/*.json")):
            yield warn("WAREHOUSE_MISSING", "warehouse", "files have landed, but no warehouse was built", _BUILD)
        return
    yield from _database(path, f"warehouse/{WAREHOUSE_FILE}", "WAREHOUSE", _BUILD)


def _database(path: Path, where: str, room: str, way_out: str) -> Iterator[Finding]:
    log = path.with_name(path.name + ".wal")
    if log.exists():
        what = "a write-ahead log of another file lies beside it; it cannot be opened"
        yield error(f"{room}_WAL", f"{where}.wal", what, f"rm {log}; then {way_out}")
        return
    with path.open("rb") as handle:
        is_duckdb = handle.read(12)[8:] == b"DUCK"
    counts = full_scan(path) if is_duckdb else {}
    if counts is None:
        yield error(f"{room}_DAMAGED", where, "the file cannot be read to its end", way_out)
    elif not any(name.startswith("marts.") for name in counts):
        yield error(f"{room}_FOREIGN", where, "this is no database of ours: it holds no mart", way_out)


def _published(settings: Settings) -> Iterator[Finding]:
    current, versions = settings.published / "current", settings.published / "versions"
    if not current.is_symlink():
        if (settings.warehouse / WAREHOUSE_FILE).exists():
            yield warn("NOT_PUBLISHED", "published", "there is a warehouse, but nothing is published", _PUBLISH)
        return
    links = {"current": current, MARTS_FILE: settings.published / MARTS_FILE, "parquet": settings.published / "parquet"}
    for name, link in links.items():
        inside = link.is_symlink() and link.exists() and link.resolve().is_relative_to(versions.resolve())
        if not inside:
            yield error("PUBLISHED_LINK", f"published/{name}", "the link leads nowhere, or elsewhere", _PUBLISH)
    if not current.exists():
        return
    damaged = damaged_files(current)
    for name in damaged:
        yield error("PUBLISHED_CHANGED", f"published/current/{name}", "not the bytes that were published", _PUBLISH)
    if MARTS_FILE not in damaged and "manifest.json" not in damaged:
        yield from _database(current.resolve() / MARTS_FILE, f"published/{MARTS_FILE}", "PUBLISHED", _PUBLISH)
    for old in sorted(versions.iterdir()):
        if old.is_dir() and not old.name.startswith(".") and old != current.resolve():
            for name in damaged_files(old):
                what = "an old night's file is not the one that was published"
                yield warn("PUBLISHED_OLD", f"published/versions/{old.name}/{name}", what, f"rm -r {old}")
