"""What a process of the nightly load owes its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

#: ``prctl`` option: signal to send to this process when its parent dies (linux/prctl.h).
PR_SET_PDEATHSIG = 1


def keep_private() -> None:
    """What this process writes is its user's alone, whatever the shell allows; what readers open is opened by name.

    Airflow, Delta Lake, DuckDB and dbt make their files with the permissions that the process allows.
    """
    os.umask(os.umask(0o077) | 0o077)


def open_to_readers(folder: Path) -> None:
    """Let everybody read a folder and all that is in it, and nobody write."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def die_with_parent(parent: int | None = None, *, by: signal.Signals = signal.SIGKILL) -> bool:
    """Ask the kernel to end this process as soon as its parent is gone.

    Why: an Airflow worker that is killed (out of memory, ``kill -9``) leaves its task process behind. The orphan
    goes on, keeps the lock on the warehouse file, and every retry fails on that lock. Tied to its parent, the
    orphan goes too, and the retry succeeds.

    ``ctypes`` and not a package: it is one system call, and Linux alone has it. Elsewhere (a developer's Mac)
    nothing happens.

    Args:
        parent: process id that must still be the parent; the current one when left out.
        by: signal to be sent; a process that has children of its own to stop asks for ``SIGTERM``.

    Returns:
        whether the kernel took the request.

    Raises:
        SystemExit: when the parent had already died before the request was made.
    """
    if not sys.platform.startswith("linux"):
        return False
    expected = os.getppid() if parent is None else parent
    libc = ctypes.CDLL(None, use_errno=True)
    accepted = bool(libc.prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0) == 0)
    if os.getppid() != expected:
        raise SystemExit("the parent process is gone")
    return accepted
