"""A finished night on the sample exports, made once for all workers of a test run.

`published_home` is the folder of all zones after one `hrtp nightly`; the first test that asks for it pays for it.
Nobody writes there: who wants to change something works on a `copy_of` it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.county import AS_OF

PROJECT = Path(__file__).resolve().parents[1]
HRTP = Path(sys.executable).parent / "hrtp"
#: Under which `person_key`s are made.
KEY = "k" * 64
#: The samples plant bad rows, so a good night of them ends with "published, but somebody should look".
EXIT_ATTENTION = 3


def hrtp(
    home: Path, *arguments: str | Path, project: Path = PROJECT, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HRTP_", "AIRFLOW"))}
    environment |= {"HRTP_HOME": str(home), "HRTP_PROJECT": str(project), "HRTP_PERSON_KEY": KEY} | settings
    return subprocess.run(
        [str(HRTP), *map(str, arguments)], cwd=project, env=environment, capture_output=True, text=True, timeout=540
    )


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HRTP_HOME of a night that ran on the sample exports as of 2026-09-30; not to be changed."""
    base = tmp_path_factory.getbasetemp()
    # below xdist every worker has a folder of its own, and their parent belongs to the run
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "published-home"
    folder.mkdir(mode=0o700, exist_ok=True)
    home, finished = folder / "home", folder / "finished"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(home, ignore_errors=True)
            night = hrtp(home, "nightly", "--as-of", AS_OF.isoformat())
            assert night.returncode == EXIT_ATTENTION, night.stdout + night.stderr
            finished.touch()
    return home


def copy_of(home: Path, target: Path, *zones: str) -> Path:
    """A home of its own with the named zones of another (all by default); returns `target`."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for zone in zones or [path.name for path in home.iterdir() if path.is_dir()]:
        shutil.copytree(home / zone, target / zone, symlinks=True)
    return target
