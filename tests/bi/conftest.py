"""A PostgreSQL for the session, a database a test, and two published nights of the sample exports."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hrtp.build import WAREHOUSE_FILE
from hrtp.publish import current_content_id, publish
from hrtp.settings import Settings, load_settings
from tests.bi.world import Nights
from tests.night_home import copy_of
from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with running_postgres() as found:
        yield found


_numbers = itertools.count(1)


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    """A database of the test's own, set up and empty."""
    return server.another(f"bi_{next(_numbers)}")


@pytest.fixture(scope="session")
def nights(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Homes that have published two nights; never changed."""
    folder = tmp_path_factory.mktemp("nights")
    home = copy_of(published_home, folder / "first")
    shutil.copytree(home, folder / "second", symlinks=True)
    settings = load_settings(home=folder / "second")
    another_night(settings)
    # each keeps the files of both, as a home does that published one after the other
    version = current_content_id(settings)
    assert version is not None
    path = Path("published") / "versions" / version
    shutil.copytree(folder / "second" / path, home / path)
    return Nights(home, folder / "second")


def another_night(settings: Settings) -> None:
    """Publish other rows of the same marts: another day, other values, some rows more and some fewer."""
    with duckdb.connect(str(settings.warehouse / WAREHOUSE_FILE)) as connection:
        dated = connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'as_of_date'"
        ).fetchall()
        for (name,) in dated:
            connection.execute(f"update marts.{name} set as_of_date = as_of_date - 30")
        connection.execute("update marts.indicator_values set value_to_date = value_to_date + 1")
        connection.execute("delete from marts.fct_services where row_number % 3 = 0")
        connection.execute(
            "insert into marts.fct_placements by name select * replace ('x' || placement_key as "
            "placement_key) from marts.fct_placements"
        )
    assert publish(settings).changed
