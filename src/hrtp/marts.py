"""Reading the published marts, for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import duckdb

from hrtp.duck import open_duckdb
from hrtp.errors import HrtpError
from hrtp.publish import MARTS_FILE
from hrtp.settings import Settings


class NotPublished(HrtpError):
    """There is nothing to read yet."""

    code = "NOT_PUBLISHED"


class MartsOutdated(HrtpError):
    """What is published was built by another release, and lacks a mart or a column that this one reads."""

    code = "MARTS_OUTDATED"


@contextmanager
def open_marts(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published marts, search path ``marts``.

    Raises:
        NotPublished: before the first night.
        MartsOutdated: after an upgrade, until the next build is published.
    """
    path = settings.published / MARTS_FILE
    if not path.exists():
        raise NotPublished(f"nothing is published under {settings.published}; run `hrtp nightly`")
    # the link is resolved first: DuckDB must not see two names for two nights
    with open_duckdb(path.resolve(), read_only=True, settings={"schema": "marts"}) as connection:
        try:
            yield connection
        except (duckdb.BinderException, duckdb.CatalogException):
            raise MartsOutdated(
                "the published marts were built by another release of hrtp and lack something that this one reads; "
                "the next night mends it, or now: hrtp build && hrtp publish"
            ) from None


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: list[object] | None = None
) -> list[dict[str, object]]:
    """Rows of a query as dictionaries."""
    cursor = connection.execute(query, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def published_day(settings: Settings) -> date | None:
    """The day that the published figures speak of; None before the first night."""
    if not (settings.published / MARTS_FILE).exists():
        return None
    with open_marts(settings) as connection:
        found = connection.execute("select max(as_of_date) from indicator_values").fetchall()
    day: date | None = found[0][0]
    return day
