"""A full disk: a small tmpfs where the account may mount one, else a limit on the size of every file written."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def tmpfs(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of so many megabytes at ``folder``."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def may_mount() -> bool:
    """Whether this account can mount at all (root in a container often cannot)."""
    if os.geteuid() != 0:
        return False
    probe = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    return probe.returncode == 0


def limit_files(n_bytes: int) -> None:
    """From here on no file of this process grows beyond so many bytes: EFBIG, also for what native code writes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


def unwatched() -> None:
    """No look at the free space before a step: it is to run into the full disk."""
    import hrtp.disk

    hrtp.disk.LEAST_BYTES = 0
    hrtp.disk.FACTOR = 0


def limited_and_unwatched(n_bytes: int) -> None:
    """Both."""
    unwatched()
    limit_files(n_bytes)
