"""Every figure that is published, explained: for tests that hold it against its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hrtp.explain import Explanation, explain
from hrtp.marts import open_marts, rows
from hrtp.settings import Settings


def published(settings: Settings, *, period_types: tuple[str, ...] = ("to_date",)) -> list[dict[str, Any]]:
    """The rows of ``indicator_values`` of some kinds of period."""
    with open_marts(settings) as connection:
        found = rows(connection, "select * from indicator_values order by indicator_key, sector, period_end")
    return [row for row in found if row["period_type"] in period_types]


def explained(settings: Settings, figures: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Explanation]]:
    """Each figure with its explanation; that of an earlier period is asked for by its last day."""
    for row in figures:
        day: date | None = None if row["period_type"] == "to_date" else row["period_end"]
        yield row, explain(settings, row["indicator_key"], row["sector"], day)
