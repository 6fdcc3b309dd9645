"""The sha256 of every data file of a Delta table, noted when a build first reads it.

A Parquet file carries no checksum of its own here, and a flipped bit can pass for another value. Delta never changes a
file once it is written, so a file that differs from its seal has rotted or was tampered with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from hrtp.landing import file_sha256, write_atomically
from hrtp.raw import RawVersion, RawZone
from hrtp.settings import Settings

#: Delta leaves alone what begins with an underscore.
SEALS = "_seals.json"


def seal(table: Path, files: Iterable[str]) -> None:
    """Note the bytes of those ``files`` that are new; forget those that the table no longer holds."""
    known = read_seals(table)
    seals = {path.name: known.get(path.name) or file_sha256(path) for path in map(Path, files)}
    if seals != known:
        write_atomically(table / SEALS, json.dumps(seals, indent=0, sort_keys=True).encode())


def seal_all(settings: Settings, zone: RawZone, version: RawVersion) -> None:
    """Seal every table of raw and the quarantine at ``version``."""
    for entity in version.entities:
        seal(settings.raw / entity, zone.files(entity, version))
    seal(settings.quarantine / "rows", zone.quarantine_files(version))


def read_seals(table: Path) -> dict[str, str]:
    """File name to sha256; empty where nothing is sealed, or the note itself is damaged."""
    try:
        document = json.loads((table / SEALS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
