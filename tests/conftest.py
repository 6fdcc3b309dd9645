"""What every test run shares: a finished night, the figure of the faults proved, files that leave no trace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import browser
from tests.faults.figure import pytest_runtest_logreport, pytest_terminal_summary
from tests.night_home import published_home, published_night
from tests.schedule import LongestFirst
from tests.sharing import share_in

__all__ = [
    "browser",
    "published_home",
    "published_night",
    "pytest_runtest_logreport",
    "pytest_terminal_summary",
]

#: What the product and its tests are steered by.
STEERING = ("HRTP_", "AIRFLOW_")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst | None:
    """Ours where files are shared out whole."""
    return LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def shares_with_other_workers(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What `tests.sharing.once` makes is made once a run."""
    share_in(tmp_path_factory)


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
