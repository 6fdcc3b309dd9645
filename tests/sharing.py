"""What is dear to make and the same for all: made by the first worker of a run that asks, found by the others.

`once` keeps what was made as a pickle below a folder of the run, under a lock; files go into the folder that it gives.
Nobody changes them: who wants to, works on a copy. A process that the tests start finds the folder by `PLACE`.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

#: The variable that names the folder of the run; it steers nothing of the product.
PLACE = "TESTS_SHARED_FOLDER"
T = TypeVar("T")


def share_in(factory: pytest.TempPathFactory) -> None:
    """Let this worker, and what it starts, share with the other workers of its run."""
    base = factory.getbasetemp()
    # below xdist every worker has a folder of its own, and their parent belongs to the run
    os.environ[PLACE] = str(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


def once(name: str, make: Callable[[Path], T]) -> T:
    """What ``make`` gives in an empty folder of its own; each call has a copy of the value, the folder is one.

    A second worker waits; where the first fails, it tries itself. Outside of a test run each process makes its own.
    """
    return cast("T", pickle.loads(_kept(name, make)))


def _kept(name: str, make: Callable[[Path], Any]) -> bytes:
    folder = _place() / f"shared-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    made, files = folder / "made.pickle", folder / "files"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(files, ignore_errors=True)
            files.mkdir(mode=0o700)
            part = folder / "part"
            part.write_bytes(pickle.dumps(make(files)))
            part.replace(made)
    return made.read_bytes()


def _place() -> Path:
    return Path(os.environ[PLACE]) if PLACE in os.environ else _own()


@cache
def _own() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hrtp-shared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
