"""What every test run shares: a finished night, the figure of the faults proved, files that leave no trace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.chromium import browser
from tests.faults.figure import pytest_runtest_logreport, pytest_terminal_summary
from tests.night_home import published_home

__all__ = ["browser", "published_home", "pytest_runtest_logreport", "pytest_terminal_summary"]

#: What the product and its tests are steered by.
STEERING = ("HRTP_", "AIRFLOW_")


#: Folders whose tests share a server that takes long to start: one worker runs all their files.
SHARING = ("tests/superset/",)


class OneWorkerAServer(LoadFileScheduling):
    """``--dist loadfile``, but that a folder which shares a server is as one file."""

    def _split_scope(self, nodeid: str) -> str:
        for folder in SHARING:
            if nodeid.startswith(folder):
                return folder
        return str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerAServer | None:
    """Ours where files are shared out whole."""
    return OneWorkerAServer(config, log) if config.getoption("dist") == "loadfile" else None


def _steering() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(STEERING)}


@pytest.fixture(scope="module", autouse=True)
def leaves_the_environment_as_it_was() -> Iterator[None]:
    """A setting that outlives the file that made it decides what the next file on the same worker sees."""
    before = _steering()
    yield
    after = _steering()
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    for name in changed:
        os.environ.pop(name, None)
    os.environ.update(before)
    assert changed == []
