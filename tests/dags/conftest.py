"""Airflow reads its settings when it is first imported: they must be in place before any test here is collected."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from orchestration.environment import airflow_environment

if TYPE_CHECKING:
    from airflow.sdk import DAG

CHECKOUT = Path(__file__).resolve().parents[2]
DAGS = CHECKOUT / "dags"

_home = tempfile.TemporaryDirectory(prefix="hrtp-airflow-")
os.environ.update(
    {
        name: value
        for name, value in airflow_environment(Path(_home.name), CHECKOUT).items()
        if name.startswith("AIRFLOW")  # HRTP_HOME and HRTP_PROJECT would reach the tests of other rooms
    }
)
sys.path.insert(0, str(DAGS))


def parse(folder: Path = DAGS) -> dict[str, DAG]:
    """Every DAG in a folder, parsed as Airflow does it; fails with the first import error."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(folder))
    assert bag.import_errors == {}
    return dict(bag.dags)


@pytest.fixture(scope="session")
def dags() -> dict[str, DAG]:
    """The DAGs of this checkout."""
    return parse()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the checkout's ``sources/``, which the DAG files take as their project."""
    (tmp_path / "sources").mkdir()
    for path in (CHECKOUT / "sources").glob("*.yml"):
        (tmp_path / "sources" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("HRTP_PROJECT", str(tmp_path))
    yield tmp_path
