"""Writing so that a crash leaves the old bytes or the new ones."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write beside, fsync, then rename over: a reader sees the old bytes or the new ones."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        os.fchmod(descriptor, mode)  # the process's umask has no say
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
