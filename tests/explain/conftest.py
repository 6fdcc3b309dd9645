"""The finished night on the sample exports, and copies that may be changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from hrtp.settings import Settings, load_settings
from tests.county import AS_OF
from tests.night_home import KEY, copy_of

Change = Callable[..., Settings]


@pytest.fixture(scope="session")
def night(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A deployment after the night, for this worker; look, and change nothing but what explaining writes."""
    home = copy_of(published_home, tmp_path_factory.mktemp("explain") / "home")
    return load_settings(home=home, exports=home / "samples", as_of=AS_OF, person_key=KEY)


@pytest.fixture
def changed(night: Settings, tmp_path: Path) -> Change:
    """Another deployment with the same marts, after some statements."""

    def change(*statements: str) -> Settings:
        settings = load_settings(home=tmp_path / "home", as_of=AS_OF, person_key=KEY)
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
