"""The figures of random worlds equal those of an oracle that shares nothing with the SQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest
from random_exports import SEEDS, Exports
from tests.oracle import Figure, Oracle, Source, read_lists
from warehouse_world import File, World, run_dbt

from hrtp.identity.match import RECORD_COLUMNS, components, normalise_id

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

Build = Callable[..., World]

ENDING = {"partners_committed", "employer_partnerships", "sector_strategies", "comprehensive_reports"}
"""What can cease to count; of all else the value of a period is the increase in it."""


@dataclass(frozen=True)
class Compared:
    """A random world, as the warehouse built it and as the oracle reckons it."""

    world: World
    oracle: Oracle


def identify(sources: Iterable[Source]) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Keys of participants and of state ids, by the product's own matching."""
    records: list[dict[str, str | None]] = []
    for source in sources:
        for row in source.tables.get("participants", ()):
            records.append({"source": source.name, "id": row["participant_id"], **{c: row[c] for c in RECORD_COLUMNS}})
        for row in source.tables.get("pirl", ()):
            records.append({"source": source.name, "id": None, "caljobs_id": row["100"]})
    frame = pd.DataFrame(records, columns=["source", "id", *RECORD_COLUMNS], dtype=object)
    frame = frame.where(frame.notna(), None)
    persons = [f"person {number}" for number in components(frame)]
    participants, holders = {}, {}
    for record, person in zip(records, persons, strict=True):
        if record["id"]:
            participants[str(record["source"]), str(record["id"])] = person
        if record["caljobs_id"]:
            holders[normalise_id(record["caljobs_id"])] = person
    state_ids = {}
    for source in sources:
        for entity, column in (("pirl", "100"), ("caljobs_activities", "caljobs_id")):
            for row in source.tables.get(entity, ()):
                if normalise_id(row[column]) in holders:
                    state_ids[source.name, str(row[column])] = holders[normalise_id(row[column])]
    return participants, state_ids


def as_files(sources: Iterable[Source]) -> list[File]:
    return [
        File(
            source.name,
            entity,
            [{(f"pirl_{name}" if entity == "pirl" else name): cell for name, cell in row.items()} for row in rows],
        )
        for source in sources
        for entity, rows in source.tables.items()
    ]


@pytest.fixture(scope="module", params=[(11, "2026-09-30"), (7, "2026-03-31")], ids=["today", "as of a past day"])
def compared(request: pytest.FixtureRequest, build_world: Build) -> Compared:
    seed, as_of = request.param
    sources = Exports(seed).sources
    participants, state_ids = identify(sources)
    world = build_world(
        f"random_{seed}", as_files(sources), as_of=as_of, person_keys=participants, caljobs_keys=state_ids
    )
    return Compared(world, Oracle(sources, read_lists(SEEDS)))


def published(world: World, period_type: str = "to_date") -> dict[date, dict[tuple[str, str], Figure]]:
    found: dict[date, dict[tuple[str, str], Figure]] = {}
    for row in world.dicts("select * from marts.indicator_values where period_type = ?", period_type):
        figure = Figure(row["value_to_date"], row["n_unknown"])
        found.setdefault(row["period_end"], {})[row["indicator_key"], row["sector"]] = figure
    return found


def test_every_figure_to_date_is_the_oracles(compared: Compared) -> None:
    (found,) = published(compared.world).values()
    assert found == compared.oracle.figures(compared.world.as_of)


@pytest.mark.parametrize("period_type", ["month", "quarter"])
def test_every_figure_at_the_end_of_a_period_is_the_oracles_of_that_day(compared: Compared, period_type: str) -> None:
    found = published(compared.world, period_type)
    assert len(found) >= {"month": 10, "quarter": 4}[period_type]
    for period_end, figures in found.items():
        assert figures == compared.oracle.figures(period_end), period_end


def test_no_figure_of_the_random_world_is_empty(compared: Compared) -> None:
    (found,) = published(compared.world).values()
    assert len(found) == 12 * 7 + 5
    assert [key for key, figure in found.items() if key[1] == "all" and not figure.value] == []
    assert found["median_placement_wage", "all"].n_unknown > 0
    assert found["priority_population_pct", "all"].n_unknown > 0
    assert found["placed_in_jobs", "all"].n_unknown > 0


def test_a_count_in_a_period_is_the_increase_over_it(compared: Compared) -> None:
    rows = compared.world.dicts(
        """
        select indicator_key, sector, period_type, value_in_period,
            value_to_date - lag(value_to_date, 1, 0) over (
                partition by indicator_key, sector, period_type order by period_start
            ) as increase
        from marts.indicator_values
        inner join marts.dim_indicator using (indicator_key)
        where aggregation in ('count_distinct_subject', 'exists')
        """
    )
    checked = [row for row in rows if row["indicator_key"] not in ENDING]
    assert len(checked) > 700
    assert [row for row in checked if row["value_in_period"] != row["increase"]] == []


def test_what_ends_counts_in_one_month_at_most(compared: Compared) -> None:
    rows = compared.world.dicts(
        """
        select indicator_key, sector, sum(value_in_period) as in_months, max(value_to_date) as most
        from marts.indicator_values where period_type = 'month' group by indicator_key, sector
        """
    )
    subjects = {
        (row["indicator_key"], row["sector"]): row["n"]
        for row in compared.world.dicts(
            """
            select indicator_key, coalesce(sector, 'all') as sector, count(distinct subject_key) as n
            from marts.indicator_evidence where is_qualifying group by all
            union all
            select indicator_key, 'all', count(distinct subject_key)
            from marts.indicator_evidence where is_qualifying group by indicator_key
            """
        )
    }
    ending = [row for row in rows if row["indicator_key"] in ENDING and row["most"] > 0]
    assert {row["indicator_key"] for row in ending} == ENDING
    assert [row for row in ending if row["in_months"] > subjects[row["indicator_key"], row["sector"]]] == []


def test_the_evidence_gives_every_reason_that_can_leave_a_row_out(compared: Compared) -> None:
    reasons = {reason for (reason,) in compared.world.rows("select distinct reason from marts.indicator_evidence")}
    assert reasons == {
        None, "AFTER_AS_OF", "AMENDMENT", "BEFORE_TRAINING", "BEFORE_WINDOW", "DRAFT", "ENDED", "LATER_PLACEMENT",
        "LOW_ROAD", "NOT_APPRENTICESHIP", "NOT_COMMITTED", "NOT_COMPLETED", "NOT_DEVELOPED", "NOT_ENROLLED",
        "NOT_ESTABLISHED", "NOT_EXECUTED", "NOT_FINAL", "NOT_PROVIDER", "NOT_STARTED", "NOT_SUPPORTIVE",
        "NOT_TRAINING_RELATED", "NO_REGISTRATION_ID", "ORPHAN", "SAME_EMPLOYER", "SUBSIDIZED", "SUPERSEDED",
        "TRAINING_RELATED_UNKNOWN", "WAGE_MISSING", "WITHDRAWN",
    }  # fmt: skip


def test_every_row_of_evidence_is_a_row_of_a_delivered_file(compared: Compared) -> None:
    untraced = compared.world.value(
        """
        select count(*) from marts.indicator_evidence as evidence
        left join marts.loaded_rows as loaded using (source, file_sha256, row_number)
        where loaded.row_number is null
        """
    )
    assert untraced == 0


def test_a_total_never_adds_up_sectors(compared: Compared) -> None:
    overlap = compared.world.value(
        "select companion_value from marts.indicator_companions "
        "where companion_key = 'sector_overlap' and indicator_key = 'workers_enrolled'"
    )
    (found,) = published(compared.world).values()
    by_sector = [
        figure.value for (key, sector), figure in found.items() if key == "workers_enrolled" and sector != "all"
    ]
    assert overlap == sum(value for value in by_sector if value) - (found["workers_enrolled", "all"].value or 0)
    assert overlap > 0


def test_the_oracle_reads_a_pirl_element_under_each_of_its_names() -> None:
    for name in ("100", "pirl_100", "PIRL 100", "PIRL100"):
        source = Source("ajcc_la_county", "ajcc", None, {"pirl": [{
            name: "C1", "105": "HRTP-AEROSPACE", "900": "20260101", "1302": "20260110",
        }]})  # fmt: skip
        figures = Oracle([source]).figures(date(2026, 1, 10))
        assert figures["workers_enrolled", "aerospace"] == Figure(Decimal(1))
        assert figures["workers_enrolled", "all"] == Figure(Decimal(1))


def test_a_value_that_its_evidence_does_not_give_is_caught(
    compared: Compared, dbt_manifest: Manifest, tmp_path: Path
) -> None:
    shutil.copy(compared.world.path, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            """
            update marts.indicator_values set value_to_date = value_to_date + 0.01
            where period_type = 'month' and sector = 'all' and value_to_date > 0;
            update marts.indicator_values set value_in_period = value_in_period + 0.01
            where period_type = 'quarter' and sector = 'aerospace' and value_in_period is not null;
            create table altered as select distinct indicator_key, sector from marts.indicator_values
            where value_to_date * 100 % 100 = 1 or value_in_period * 100 % 100 = 1
            """
        )
    name = "assert_value_is_aggregate_of_evidence"
    as_of = str(compared.world.as_of)
    outcomes, _ = run_dbt(tmp_path, dbt_manifest, "test", as_of, "--select", name, "--store-failures")
    assert outcomes == {name: "fail"}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        ((schema,),) = connection.execute(
            "select table_schema from information_schema.tables where table_name = ?", [name]
        ).fetchall()
        caught = connection.execute(f'select distinct indicator_key, sector from "{schema}".{name}').fetchall()
        altered = connection.execute("from altered").fetchall()
    assert set(altered) <= set(caught)
    assert {key for key, sector in caught if sector == "all"} == {key for key, _ in compared.oracle.figures(date.max)}
    assert len([key for key, sector in caught if sector == "aerospace"]) == 12
