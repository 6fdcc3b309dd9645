"""Is there room for the night? Asked before it starts, because a disk that fills up in the middle helps nobody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hrtp.errors import HrtpError

#: Free space that a step wants, as a multiple of what it is about to write.
FACTOR = 3
#: Room that even an empty night takes: logs, a candidate of a few hundred tables, Delta's own files.
LEAST_BYTES = 64 * 1024**2


class LowDiskError(HrtpError):
    """There is too little free space to begin."""

    code = "LOW_DISK"


@dataclass(frozen=True)
class Room:
    """Free bytes where ``path`` lies, and how many are wanted there."""

    path: Path
    free: int
    wanted: int

    @property
    def is_enough(self) -> bool:
        """Whether the step may begin."""
        return self.free >= self.wanted


def room_for(path: Path, n_bytes: int) -> Room:
    """How much room there is at ``path``, against ``FACTOR`` times ``n_bytes``."""
    return Room(path, shutil.disk_usage(path).free, max(LEAST_BYTES, FACTOR * n_bytes))


def require_room(path: Path, n_bytes: int, what: str) -> None:
    """Make sure that ``what``, which writes about ``n_bytes`` at ``path``, will not fill the disk.

    Raises:
        LowDiskError: where it might; nothing was begun.
    """
    room = room_for(path, n_bytes)
    if not room.is_enough:
        raise LowDiskError(
            f"{what} wants {megabytes(room.wanted)} free at {path}, there are {megabytes(room.free)}. "
            "Free space or move HRTP_HOME to a larger disk, then run again; nothing was begun"
        )


def size_of(paths: Iterable[Path]) -> int:
    """Bytes of all files at and below ``paths``; what is gone meanwhile counts nothing."""
    total = 0
    for path in paths:
        if path.is_dir():
            for folder, _, names in os.walk(path):
                total += sum(_size(Path(folder) / name) for name in names)
        else:
            total += _size(path)
    return total


def megabytes(n_bytes: int) -> str:
    """For people."""
    return f"{n_bytes / 1024**2:,.0f} MB"


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
