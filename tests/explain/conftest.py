"""A night of the sample exports, ingested, built and published in this process, and copies that may be changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from hrtp.build import build_warehouse
from hrtp.ingest import ingest
from hrtp.publish import publish
from hrtp.samples import generate
from hrtp.settings import Settings, load_settings
from hrtp.sources import load_sources
from tests.county import AS_OF

Change = Callable[..., Settings]


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The deployment after the night; look, and change nothing."""
    folder = tmp_path_factory.mktemp("explain")
    generate(folder / "exports", scale=1, seed=1)
    settings = load_settings(home=folder / "home", exports=folder / "exports", as_of=AS_OF, person_key="k" * 64)
    for source in load_sources(settings.project).values():
        ingest(source, settings)
    build_warehouse(settings, AS_OF)
    publish(settings)
    return settings


@pytest.fixture
def changed(night: Settings, tmp_path: Path) -> Change:
    """Another deployment with the same marts, after some statements."""

    def change(*statements: str) -> Settings:
        settings = load_settings(home=tmp_path / "home", as_of=AS_OF, person_key="k" * 64)
        settings.make_zones()
        target = settings.published / "marts.duckdb"
        shutil.copyfile((night.published / "marts.duckdb").resolve(), target)
        target.chmod(0o600)
        with duckdb.connect(str(target)) as connection:
            connection.execute("use marts.marts")
            for statement in statements:
                connection.execute(statement)
        return settings

    return change
