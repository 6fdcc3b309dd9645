"""Reading the page's facts out of the published marts."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, cast

import duckdb

from hrtp.marts import open_marts, rows
from hrtp.page.facts import ALL, Companion, Doubt, Facts, Figure, Indicator, Month, Source, TractList
from hrtp.settings import Settings
from hrtp.synthetic import synthetic_digests

_INDICATORS = """
select indicator_key, charter_number, name, charter_wording, unit, definition, unknown_definition, is_applicable
from dim_indicator
order by display_order
"""
_VALUES = """
select indicator_key, sector, period_type, period_end, value_to_date, value_reason, baseline, target, target_scope,
    attainment, meets_target, is_stale, n_unknown, numerator, denominator, as_of_date, data_through_date,
    sectors_covered, sectors_meeting
from indicator_values
where period_type in ('month', 'to_date')
order by indicator_key, sector, period_end, period_type
"""
# an indicator may hang on several branches of the goal tree: the page shows it once, on the first
_OBJECTIVES = """
with recursive up as (
    select b.indicator_key, t.node_key, t.parent_key, t.depth, t.title, t.sort_path
    from bridge_goal_tree_indicators as b
    inner join dim_goal_tree as t using (node_key)
    union all
    select u.indicator_key, t.node_key, t.parent_key, t.depth, t.title, u.sort_path
    from up as u
    inner join dim_goal_tree as t on u.parent_key = t.node_key
)

select indicator_key, arg_min(title, sort_path) as title from up where depth = 2 group by indicator_key
"""
_IDENTITY = """
select indicator_key, value, value_if_none_merged, value_if_all_merged, n_review_pairs, is_in_doubt
from indicator_identity
where sector = 'all'
"""
_COMPANIONS = """
select indicator_key, companion_key, name, unit, companion_value, value_reason, numerator, denominator, n_unknown,
    target, meets_target, definition
from indicator_companions
where sector = 'all'
order by display_order, companion_key
"""
_SECTORS = "select sector_key, name from dim_sector order by name"
_SOURCES = "select source_name, state, data_through_date from source_freshness order by source_name"
_LISTS = """
select list_name, origin, publisher, vintage, refused_reason is not null as is_refused
from reference_lists
order by list_name
"""
_FILES = "select distinct file_sha256 from load_reconciliation where is_current and rows_loaded > 0"
_CONTENT = "select path from duckdb_databases() where path is not null"
#: The marts that all of this reads, for whoever is told where the page comes from; a test reads from these alone.
READS = (
    "bridge_goal_tree_indicators",
    "dim_goal_tree",
    "dim_indicator",
    "dim_sector",
    "indicator_companions",
    "indicator_identity",
    "indicator_values",
    "load_reconciliation",
    "reference_lists",
    "source_freshness",
)


def read_facts(settings: Settings) -> Facts:
    """Everything that the staff's edition says; ``for_the_public`` takes away what is not for everybody.

    Raises:
        NotPublished: before the first night.
    """
    with open_marts(settings) as connection:
        # the very file that is read names the night, whatever is published in the meantime
        content_id = Path(str(connection.execute(_CONTENT).fetchall()[0][0])).parent.name
        figures = _figures(connection)
        objectives = {str(row["indicator_key"]): str(row["title"]) for row in rows(connection, _OBJECTIVES)}
        doubts = {str(row["indicator_key"]): _doubt(row) for row in rows(connection, _IDENTITY)}
        companions = _companions(connection)
        units = {str(row["indicator_key"]): str(row["unit"]) for row in rows(connection, _INDICATORS)}
        as_of = connection.execute("select max(as_of_date) from indicator_values").fetchall()[0][0]
        indicators = tuple(
            Indicator(
                key=key,
                charter_number=cast("int | None", row["charter_number"]),
                name=str(row["name"]),
                charter_wording=str(row["charter_wording"]),
                unit=units[key],
                definition=str(row["definition"]),
                unknown_definition=cast("str | None", row["unknown_definition"]),
                is_applicable=bool(row["is_applicable"]),
                objective=objectives.get(key),
                total=figures[key][ALL],
                sectors=tuple(figure for sector, figure in figures[key].items() if sector != ALL),
                doubt=doubts.get(key),
                companions=tuple(companions[key]),
            )
            for row in rows(connection, _INDICATORS)
            if ALL in figures[key := str(row["indicator_key"])]
        )
        files = {str(sha) for (sha,) in connection.execute(_FILES).fetchall()}
        samples = [settings.home / "samples", *([settings.exports] if settings.exports else [])]
        sectors = {str(row["sector_key"]): str(row["name"]) for row in rows(connection, _SECTORS)}
        return Facts(
            as_of=as_of,
            content_id=content_id,
            indicators=indicators,
            sectors=sectors,
            n_sectors=len(sectors),
            sources=tuple(Source(*row.values()) for row in rows(connection, _SOURCES)),  # type: ignore[arg-type]
            lists=tuple(TractList(*row.values()) for row in rows(connection, _LISTS)),  # type: ignore[arg-type]
            n_files=len(files),
            n_samples=len(files & synthetic_digests(samples)),
        )


def _figures(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Figure]]:
    units = {str(row["indicator_key"]): str(row["unit"]) for row in rows(connection, _INDICATORS)}
    months: dict[tuple[str, str], list[Month]] = defaultdict(list)
    totals: dict[str, dict[str, Figure]] = defaultdict(dict)
    found: list[dict[str, Any]] = rows(connection, _VALUES)
    for row in found:
        if row["period_type"] == "month":
            months[row["indicator_key"], row["sector"]].append(
                Month(
                    row["period_end"],
                    row["value_to_date"],
                    row["value_reason"],
                    row["meets_target"],
                    _persons(row, units.get(row["indicator_key"], "")),
                )
            )
    for row in found:
        if row["period_type"] == "to_date":
            totals[row["indicator_key"]][row["sector"]] = Figure(
                sector=row["sector"],
                value=row["value_to_date"],
                reason=row["value_reason"],
                baseline=row["baseline"],
                target=row["target"],
                target_scope=row["target_scope"],
                attainment=row["attainment"],
                meets_target=row["meets_target"],
                is_stale=row["is_stale"],
                n_unknown=row["n_unknown"],
                numerator=row["numerator"],
                denominator=row["denominator"],
                data_through=row["data_through_date"],
                sectors_covered=row["sectors_covered"],
                sectors_meeting=row["sectors_meeting"],
                months=tuple(months[row["indicator_key"], row["sector"]]),
            )
    return totals


def _persons(row: dict[str, Any], unit: str) -> int | None:
    """How many people stand behind a figure; None where it counts no people."""
    if unit == "persons":
        return None if row["value_to_date"] is None else int(row["value_to_date"])
    return row["denominator"] if unit in {"percent", "USD per hour"} else None


def _doubt(row: dict[str, Any]) -> Doubt:
    return Doubt(
        row["value"],
        row["value_if_none_merged"],
        row["value_if_all_merged"],
        row["n_review_pairs"],
        bool(row["is_in_doubt"]),
    )


def _companions(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Companion]]:
    found: dict[str, list[Companion]] = defaultdict(list)
    for row in rows(connection, _COMPANIONS):
        key, *rest = row.values()
        found[str(key)].append(Companion(*rest))  # type: ignore[arg-type]
    return found
