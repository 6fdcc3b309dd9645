"""A night as every published endpoint tells it, each read by a path of its own, to be compared value by value."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from hrtp.explain import explain_all, to_document
from hrtp.page import write_page
from hrtp.publish import MARTS_FILE
from hrtp.settings import Settings
from tests.postgres import Postgres

Rows = list[tuple[Any, ...]]
#: (indicator, sector): value, why there is none, persons unknown.
Figures = dict[tuple[str, str], tuple[Decimal | None, str | None, int | None]]
_TO_DATE = (
    "select indicator_key, sector, value_to_date, value_reason, n_unknown from {} "
    "where period_type = 'to_date' order by all"
)
_JSON_LINK = re.compile(rb'href="data:application/json;base64,([A-Za-z0-9+/=]+)"')


def in_duckdb(settings: Settings) -> dict[str, Rows]:
    """Mart -> rows of the published file."""
    with duckdb.connect(str((settings.published / MARTS_FILE).resolve()), read_only=True) as connection:
        connection.execute("use marts.marts")
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {name: in_order(connection.execute(f'select * from "{name}"').fetchall()) for name in names}


def in_parquet(settings: Settings) -> dict[str, Rows]:
    """Mart -> rows of the Parquet files, by a reader that is not DuckDB's."""
    import pyarrow.parquet as pq

    found = {}
    for path in sorted((settings.published / "parquet").glob("*.parquet")):
        table = pq.read_table(path)
        columns = [column.to_pylist() for column in table.columns]
        found[path.stem] = in_order(list(zip(*columns, strict=True)))
    return found


def in_postgres(postgres: Postgres) -> dict[str, Rows]:
    """Mart -> rows, as ``bi_reader`` gets them in the server's own text."""
    with postgres.connect("bi_reader") as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' "
            "and table_name <> 'published_night'"
        ).fetchall()
        return {
            name: in_order(connection.execute(f'select * from marts."{name}"'.encode()).fetchall())
            for (name,) in sorted(names)
        }


def in_order(rows: Rows) -> Rows:
    """Rows in an order that every endpoint shares."""
    return sorted(rows, key=repr)


def figures(settings: Settings) -> Figures:
    """Figures to date of all sectors, as the published file has them."""
    with duckdb.connect(str((settings.published / MARTS_FILE).resolve()), read_only=True) as connection:
        rows = connection.execute(_TO_DATE.format("marts.marts.indicator_values")).fetchall()
    return {(key, sector): (value, reason, unknown) for key, sector, value, reason, unknown in rows}


def explained_all(settings: Settings, sectors: set[str]) -> Figures:
    """The same as ``hrtp explain --all --json`` says it, sector by sector; every count agrees with its own evidence."""
    found: Figures = {}
    for sector in sorted(sectors):
        for line in json.loads(json.dumps(to_document(explain_all(settings, sector))))["indicators"]:
            value = line["value"]
            assert line["count"]["agrees"], (value["indicator_key"], sector)
            found[value["indicator_key"], sector] = _figure(value["value_to_date"], value)
    return found


def on_pages(settings: Settings) -> tuple[Figures, Figures]:
    """The same in the documents of the public page and of the staff's: (all sectors together, with sectors)."""
    write_page(settings)
    public = _page(settings.published / "site" / "index.html")
    staff = _page(settings.staff / "index.html")
    assert not any("sectors" in line for line in public)
    return _told(public), _told(staff)


def _page(path: Path) -> list[dict[str, Any]]:
    links = _JSON_LINK.findall(path.read_bytes())
    assert len(links) == 1, path
    lines: list[dict[str, Any]] = json.loads(b64decode(links[0]))["indicators"]
    return lines


def _told(lines: list[dict[str, Any]]) -> Figures:
    found: Figures = {}
    for line in lines:
        found[line["indicator_key"], "all"] = _figure(line["value"], line)
        for sector, told in line.get("sectors", {}).items():
            found[line["indicator_key"], sector] = _figure(told["value"], told)
    return found


def _figure(value: str | None, line: dict[str, Any]) -> tuple[Decimal | None, str | None, int | None]:
    reason = line["reason"] if "reason" in line else line["value_reason"]
    return None if value is None else Decimal(value), reason, line["n_unknown"]


def differences(one: dict[Any, Any], other: dict[Any, Any]) -> list[Any]:
    """Names under which two endpoints do not tell the same."""
    return [name for name in sorted({*one, *other}) if one.get(name, ()) != other.get(name, ())]
