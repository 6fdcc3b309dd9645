"""A reader that never stops: opens what is published again and again, and wants one whole night each time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from tests.crash.phases import _sha256, marts_digest


@dataclass
class Readings:
    """How often it has read, how often there was nothing yet, and what was torn."""

    reads: int = 0
    nothing: int = 0
    torn: list[str] = field(default_factory=list)
    nights: set[str] = field(default_factory=set)


def read(home: Path, nights: dict[str, str], orders: Connection, pace: float) -> Readings:
    """Read until told to stop.

    Args:
        home: whose ``published`` folder.
        nights: content id of every whole night that may be seen, with the digest of its DuckDB file.
        orders: a word here ends it, after one more read.
        pace: seconds between two looks, where what is published is not being replaced.
    """
    found = Readings()
    is_last = False
    while not is_last:
        is_last = orders.poll(pace)
        for look in (_duckdb, _parquet):
            try:
                seen = look(home / "published", nights)
            except FileNotFoundError:
                # before the first night ends there is nothing; after that there always is
                if found.nights:
                    found.torn.append("gone")
                found.nothing += 1
                continue
            found.reads += 1
            if seen in nights:
                found.nights.add(seen)
            else:
                found.torn.append(seen)
    return found


def _duckdb(folder: Path, nights: dict[str, str]) -> str:
    file = (folder / "marts.duckdb").resolve(strict=True)
    digest = marts_digest(file)
    return next((night for night, known in nights.items() if known == digest), f"duckdb {digest}")


def _parquet(folder: Path, nights: dict[str, str]) -> str:
    # who wants several files of one night follows the link once
    version = (folder / "current").resolve(strict=True)
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    wanted = {name: digest for name, digest in manifest["files"].items() if name.startswith("parquet/")}
    found = {f"parquet/{path.name}": _sha256(path) for path in sorted((version / "parquet").glob("*.parquet"))}
    is_whole = found == wanted and manifest["content_id"] == version.name
    return str(manifest["content_id"]) if is_whole else f"parquet {version.name}"
