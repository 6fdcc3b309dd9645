"""The 17 figures to date as each place tells them where people look, each read without what another place uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
from playwright.sync_api import Browser, Page

from tests.dbt.mf_query import totals
from tests.night_home import hrtp
from tests.postgres import Postgres
from tests.superset.screen import figures_on_screen

Figures = dict[str, Decimal]
TO_DATE = "select indicator_key, value_to_date from {} where sector = 'all' and period_type = 'to_date'"
#: What people read for one and for nothing.
WORDS = {"yes": "1", "no": "0"}


def amount(text: str) -> Decimal:
    """The number that a person reads: ``$20.15``, ``100 %``, ``1,204``, ``Yes``."""
    return Decimal(WORDS.get(text.strip().lower(), re.sub(r"[$,%\s]", "", text)))


def in_duckdb(home: Path) -> Figures:
    """In the published file."""
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as connection:
        connection.execute("use marts.marts")
        return dict(connection.execute(TO_DATE.format("indicator_values")).fetchall())


def in_parquet(home: Path) -> Figures:
    """In the published Parquet file."""
    path = home / "published" / "parquet" / "indicator_values.parquet"
    return dict(duckdb.connect().execute(TO_DATE.format(f"'{path}'")).fetchall())


def in_postgres(postgres: Postgres) -> Figures:
    """In PostgreSQL, as ``bi_reader``."""
    return dict(postgres.rows(TO_DATE.format("marts.indicator_values")))


def on_dashboard(page: Page, base_url: str) -> Figures:
    """On Superset's screen."""
    return {key: amount(text) for key, text in figures_on_screen(page, base_url).items()}


def on_page(browser: Browser, home: Path) -> Figures:
    """On the public page's screen."""
    page = browser.new_page()
    page.goto((home / "published" / "site" / "index.html").as_uri())
    found = {
        str(element.get_attribute("data-indicator")): amount(element.inner_text())
        for element in page.locator("[data-indicator]").all()
    }
    page.close()
    return found


def in_semantic_layer(home: Path) -> Figures:
    """As ``mf query`` reckons them."""
    return totals(home)


def explained(home: Path) -> Figures:
    """As ``hrtp explain`` says them."""
    done = hrtp(home, "explain", "--all", "--json")
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)["indicators"]
    return {line["value"]["indicator_key"]: Decimal(line["value"]["value_to_date"]) for line in lines}


def table(places: Mapping[str, Figures]) -> str:
    """All figures of all places side by side, for people."""
    keys = sorted(set().union(*places.values()))
    lines = ["| indicator | " + " | ".join(places) + " |", "|---|" + "---|" * len(places)]
    for key in keys:
        cells = " | ".join(f"{found[key].normalize():f}" if key in found else "-" for found in places.values())
        lines.append(f"| {key} | {cells} |")
    return "\n".join(lines)
