"""What a failing machine does to a process from inside it; each runs in a child process only."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import Any


def die_in_download(after_bytes: int) -> None:
    """SIGKILL as soon as so many bytes of a download have been written."""
    write = os.write

    def dying(descriptor: int, data: Any) -> int:
        target = Path(f"/proc/self/fd/{descriptor}").readlink()
        if ".incoming" not in target.parts:
            return write(descriptor, data)
        write(descriptor, data[:after_bytes])
        os.killpg(0, signal.SIGKILL)
        return 0

    os.write = dying


def small_disk(n_bytes: int) -> None:
    """No file may grow beyond so many bytes: the kernel refuses the write, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def read_only(folder: str, number: int) -> None:
    """Every rename below ``folder`` fails with ``number``, as on a file system that turned read-only."""
    replace = os.replace

    def refused(source: Any, target: Any, **options: Any) -> None:
        if str(Path(target).absolute()).startswith(folder):
            raise OSError(number, os.strerror(number))
        replace(source, target, **options)

    os.replace = refused


def little_memory(limit: str) -> None:
    """DuckDB gets so much memory and no more."""
    os.environ["HRTP_MEMORY_LIMIT"] = limit
