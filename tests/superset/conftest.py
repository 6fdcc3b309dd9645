"""One night in PostgreSQL, one Superset before it and one browser, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from hrtp.bi import publish_to_postgres
from tests.chromium import chromium
from tests.night_home import copy_of
from tests.postgres import Postgres, running_postgres
from tests.superset.screen import logged_in
from tests.superset.server import MANAGER, Superset, running_superset


@pytest.fixture(scope="package")
def marts(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The sample night's marts in PostgreSQL."""
    home = copy_of(published_home, tmp_path_factory.mktemp("night") / "home", "published")
    with running_postgres(tmp_path_factory.mktemp("postgres")) as postgres:
        publish_to_postgres(postgres.settings(home=home))
        yield postgres


@pytest.fixture(scope="package")
def superset(marts: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """The BI server, started once: it takes half a minute and more."""
    with running_superset(tmp_path_factory.mktemp("superset"), marts) as server:
        yield server


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all files of this folder."""
    with chromium() as window:
        yield window


@pytest.fixture(scope="package")
def page(browser: Browser, superset: Superset) -> Iterator[Page]:
    """A manager who has logged in, and may only look."""
    page = logged_in(browser, superset.url, MANAGER, superset.passwords[MANAGER])
    yield page
    page.context.close()


@pytest.fixture(scope="package")
def pictures() -> Path:
    """Where the pictures of the docs lie."""
    return Path(__file__).resolve().parents[2] / "docs" / "images"
