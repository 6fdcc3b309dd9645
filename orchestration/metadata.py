"""Airflow's metadata database of the embedded run: made on first use, brought up to date after an upgrade."""

from __future__ import annotations

import fcntl
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from orchestration.environment import airflow_home


def prepare_database(home: Path) -> bool:
    """Create or upgrade the database where it is not known to be current.

    Asking Airflow whether its schema is current takes 2 s, every night, for the same answer; a file beside the
    database names the release that has last said so.

    Returns:
        whether anything had to be done.
    """
    root = airflow_home(home)
    stamp = root / "schema"
    release = version("apache-airflow")
    with closing((root / ".lock").open("w")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (root / "airflow.db").exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == release:
            return False
        from airflow.utils.db import initdb

        stamp.unlink(missing_ok=True)
        initdb()
        stamp.write_text(release, encoding="utf-8")
        return True
