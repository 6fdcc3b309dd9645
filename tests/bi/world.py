"""Two nights, and how rows are compared by a path that shares nothing with the product's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from hrtp.publish import MARTS_FILE
from hrtp.settings import Settings
from tests.postgres import Postgres


@dataclass(frozen=True)
class Nights:
    """Homes with one published night each."""

    first: Path
    second: Path

    def settings(self, postgres: Postgres) -> tuple[Settings, Settings]:
        """Both, publishing to ``postgres``."""
        return postgres.settings(home=self.first), postgres.settings(home=self.second)


def duckdb_rows(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Mart -> rows in order, as DuckDB's Python objects."""
    with published_file(settings) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        return {name: sorted(connection.execute(f'select * from "{name}"').fetchall(), key=repr) for (name,) in names}


def postgres_rows(postgres: Postgres, user: str = "bi_reader") -> dict[str, list[tuple[Any, ...]]]:
    """Mart -> rows in order, as psycopg reads the server's text."""
    with postgres.connect(user) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' "
            "and table_name <> 'published_night'"
        ).fetchall()
        return {
            name: sorted(connection.execute(f'select * from marts."{name}"'.encode()).fetchall(), key=repr)
            for (name,) in sorted(names)
        }


@contextmanager
def published_file(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published DuckDB file, as a reader opens it."""
    path = (settings.published / MARTS_FILE).resolve()
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("use marts.marts")
        yield connection


def publish_file(settings: Settings, *statements: str) -> None:
    """Publish a file of marts made by ``statements`` (they find the schema ``marts``), as `hrtp publish` would."""
    from hrtp.build import WAREHOUSE_FILE
    from hrtp.publish import publish

    settings.make_zones()
    (settings.warehouse / WAREHOUSE_FILE).unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse / WAREHOUSE_FILE)) as connection:
        connection.execute("create schema marts")
        for statement in statements:
            connection.execute(statement)
    publish(settings)


def schemas(postgres: Postgres) -> list[str]:
    """The nights that lie in the database, seen or unseen."""
    rows = postgres.rows("select nspname from pg_namespace where nspname ~ '^marts_night_' order by 1", "admin")
    return [name for (name,) in rows]


def publish_bi(home: Path, dsn: str) -> bool:
    """As a process of its own does it; whether anything changed."""
    from hrtp.bi import publish_to_postgres
    from hrtp.settings import load_settings

    return publish_to_postgres(load_settings(home=home, postgres_dsn=dsn)).changed
