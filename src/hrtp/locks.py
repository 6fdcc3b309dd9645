"""One at a time: a lock file that says who holds it, and a wait that ends with a clear word.

The kernel releases the lock when its holder ends, however it ends; nothing has to be cleaned up after a kill. A holder
that is stopped, or hangs, keeps it: whoever waits for that one gives up after a while and names it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hrtp.errors import HrtpError

log = logging.getLogger("hrtp.locks")

#: Longer than any step may take (a build's own limit is an hour).
PATIENCE_SECONDS = 3900.0
_POLL_SECONDS = 0.2


class BusyError(HrtpError):
    """Somebody else has been at it for too long."""

    code = "BUSY"


@contextmanager
def exclusive(path: Path, what: str, say: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs; ``what`` names the work, for who has to wait for it.

    Raises:
        BusyError: where another process still holds it after ``PATIENCE_SECONDS``; it is named.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+", encoding="utf-8") as handle:
        if not _try(handle):
            _wait(handle, what, say)
        handle.seek(0)
        handle.truncate()
        handle.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        handle.flush()
        yield


def _try(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(handle: IO[str], what: str, say: Callable[[str], None] | None) -> None:
    line = f"another {what} is running ({_holder(handle)}); waiting for its end"
    log.warning("%s", line)
    if say is not None:
        say(line)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _try(handle):
        if time.monotonic() > deadline:
            raise BusyError(
                f"another {what} is still running ({_holder(handle)}). Let it end, or end that process if it hangs, "
                "and run this again; nothing was done here"
            )
        time.sleep(_POLL_SECONDS)


def _holder(handle: IO[str]) -> str:
    handle.seek(0)
    return handle.read().strip() or "it has not said who it is"
