"""All must show the same number: the 17 figures wherever somebody looks them up."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import same_figures as read
from tests.county import PUBLISHED
from tests.postgres import Postgres
from tests.superset.server import Superset


def test_the_17_figures_are_the_same_in_every_place(
    published_home: Path,
    marts: Postgres,
    superset: Superset,
    page: Page,
    browser: Browser,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {
        "marts.duckdb": read.in_duckdb(published_home),
        "Parquet": read.in_parquet(published_home),
        "PostgreSQL as bi_reader": read.in_postgres(marts),
        "Superset on screen": read.on_dashboard(page, superset.url),
        "page on screen": read.on_page(browser, published_home),
        "mf query": read.in_semantic_layer(published_home),
        "hrtp explain": read.explained(published_home),
    }
    with capsys.disabled():
        print(f"\n{read.table(places)}")
    assert {place: found for place, found in places.items() if found != PUBLISHED} == {}
