"""One night in PostgreSQL, one Superset before it and one browser, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from hrtp.bi import publish_to_postgres
from hrtp.build import build_warehouse
from hrtp.ingest import ingest, source_config
from hrtp.publish import publish
from hrtp.samples import generate
from hrtp.settings import load_settings
from hrtp.sources import load_sources
from tests.postgres import Postgres, running_postgres
from tests.superset.screen import chromium, logged_in
from tests.superset.server import MANAGER, Superset, running_superset

AS_OF = date(2026, 9, 30)


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The sample night's marts in PostgreSQL, from exports to `publish`, without Airflow: it changes no figure."""
    folder = tmp_path_factory.mktemp("night")
    generate(folder / "exports", scale=1, seed=1)
    settings = load_settings(home=folder / "home", exports=folder / "exports", as_of=AS_OF, person_key="k" * 64)
    for source in load_sources(settings.project):
        ingest(source_config(source, settings), settings)
    build_warehouse(settings, AS_OF)
    publish(settings)
    with running_postgres(tmp_path_factory.mktemp("postgres")) as postgres:
        publish_to_postgres(postgres.settings(home=settings.home))
        yield postgres


@pytest.fixture(scope="session")
def superset(marts: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """The BI server, started once: it takes half a minute and more."""
    with running_superset(tmp_path_factory.mktemp("superset"), marts) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as program:
        yield program


@pytest.fixture(scope="session")
def page(browser: Browser, superset: Superset) -> Page:
    """A manager who has logged in, and may only look."""
    return logged_in(browser, superset.url, MANAGER, superset.passwords[MANAGER])


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the pictures of the docs lie."""
    return Path(__file__).resolve().parents[2] / "docs" / "images"
