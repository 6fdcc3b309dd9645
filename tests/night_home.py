"""A finished night on the sample exports, made once for all workers of a test run.

`published_home` is the folder of all zones after one `hrtp nightly`, `published_night` is also what the night said; the
first test that asks for them pays for them. Nobody writes there: who wants to change something works on a `copy_of` it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.county import AS_OF
from tests.sharing import once

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


@dataclass(frozen=True)
class PublishedNight:
    """A night that ran: the folder of all zones, and how the command ended."""

    home: Path
    done: subprocess.CompletedProcess[str]

    @property
    def exports(self) -> Path:
        """What the partners had delivered."""
        return self.home / "samples"


def _published(folder: Path) -> PublishedNight:
    night = PublishedNight(folder / "home", hrtp(folder / "home", "nightly", "--as-of", AS_OF.isoformat()))
    assert night.done.returncode == EXIT_ATTENTION, night.done.stdout + night.done.stderr
    return night


@pytest.fixture(scope="session")
def published_night() -> PublishedNight:
    """The night that ran on the sample exports as of 2026-09-30; its home is not to be changed."""
    return once("published-night", _published)


@pytest.fixture(scope="session")
def published_home(published_night: PublishedNight) -> Path:
    """HRTP_HOME of that night; not to be changed."""
    return published_night.home


def copy_of(home: Path, target: Path, *zones: str) -> Path:
    """A home of its own with the named zones of another (all by default); returns `target`."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for zone in zones or [path.name for path in home.iterdir() if path.is_dir()]:
        shutil.copytree(home / zone, target / zone, symlinks=True)
    return target
