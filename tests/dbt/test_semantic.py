"""The semantic layer says what the marts say: every indicator, sector, month and quarter of random worlds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mf_query import mf_query, totals
from published_world import publish_world
from random_exports import Exports
from test_indicators import ENDING, as_files, identify
from tests.county import PUBLISHED
from typer.testing import CliRunner
from warehouse_world import PROJECT, World

from hrtp.cli import app
from hrtp.docs import write_docs
from hrtp.metrics import Answer, MetricsError, ask, metrics
from hrtp.settings import Settings, load_settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

Build = Callable[..., World]
COMPANIONS = (
    "placement_rate_of_enrolled_pct",
    "placement_rate_of_completers_pct",
    "completion_rate_pct",
    "priority_strict_pct",
    "priority_broad_pct",
    "placed_within_12_months",
    "employers_served",
)


@dataclass(frozen=True)
class Published:
    """A random world, published with its semantic layer."""

    world: World
    settings: Settings

    def values(self, period_type: str) -> dict[tuple[str, str, Any], Decimal | None]:
        found = self.world.rows(
            "select indicator_key, sector, period_start, value_to_date from marts.indicator_values "
            "where period_type = ?",
            period_type,
        )
        return {(key, sector, start): value for key, sector, start, value in found}


@pytest.fixture(scope="module", params=[(11, "2026-09-30"), (7, "2026-03-31")], ids=["today", "as of a past day"])
def published(
    request: pytest.FixtureRequest,
    build_world: Build,
    dbt_manifest: Manifest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Published:
    seed, as_of = request.param
    sources = Exports(seed).sources
    participants, state_ids = identify(sources)
    world = build_world(
        f"semantic_{seed}", as_files(sources), as_of=as_of, person_keys=participants, caljobs_keys=state_ids
    )
    return Published(world, publish_world(world, dbt_manifest, tmp_path_factory.mktemp(f"semantic_home_{seed}")))


def cells(answer: Answer) -> dict[tuple[str, str, Any], Any]:
    """Values by indicator, sector (`all` where none was asked for) and first day of the period."""
    found = {}
    for row in answer.rows:
        named = dict(zip(answer.columns, row, strict=True))
        sector = named.pop("sector", "all")
        start = next((named.pop(name) for name in list(named) if name.startswith("metric_time")), None)
        found |= {(key, sector, start): value for key, value in named.items()}
    return found


def test_mf_query_tells_all_17_totals(published: Published) -> None:
    ((_, first),) = {(sector, start) for _, sector, start in published.values("to_date") if sector == "all"}
    values = published.values("to_date")
    assert totals(published.settings.home) == {key: values[key, "all", first] for key in PUBLISHED}


def test_mf_query_tells_every_sector(published: Published) -> None:
    rows = mf_query(published.settings.home, list(PUBLISHED), "--group-by", "sector")
    found = {(key, row["sector"]): row[key] for row in rows for key in PUBLISHED if row["sector"]}
    wanted = {
        (key, sector): value for (key, sector, _), value in published.values("to_date").items() if sector != "all"
    }
    assert len(wanted) == 12 * 6
    assert {cell: Decimal(found[cell]) if found[cell] else None for cell in wanted} == wanted


def following(start: date, period: str) -> date:
    """First day of the period after the one that begins on `start`."""
    months = start.year * 12 + start.month - 1 + {"month": 1, "quarter": 3}[period]
    return date(months // 12, months % 12 + 1, 1)


@pytest.mark.parametrize("period", ["month", "quarter"])
def test_every_total_at_the_end_of_a_period_is_that_of_the_marts(published: Published, period: str) -> None:
    found = cells(ask(published.settings, list(PUBLISHED), group_by=[f"metric_time__{period}"]))
    wanted = {cell: value for cell, value in published.values(period).items() if cell[1] == "all"}
    assert found == wanted


@pytest.mark.parametrize("period", ["month", "quarter"])
def test_every_sector_at_the_end_of_a_period_is_that_of_the_marts(published: Published, period: str) -> None:
    found = cells(ask(published.settings, list(PUBLISHED), group_by=[f"metric_time__{period}", "sector"]))
    wanted = {cell: value for cell, value in published.values(period).items() if cell[1] != "all"}
    assert len(wanted) >= 12 * 6 * 4
    differ = {cell: value for cell, value in wanted.items() if found.get(cell) != value}
    # a sector has no figure before its first row of any kind: blank, where the marts say 0
    first = dict(published.world.rows("select sector, min(event_date) from marts.indicator_evidence group by sector"))
    assert set(differ.values()) <= {Decimal(0)}
    assert {
        cell for cell in differ if found.get(cell) is not None or first[cell[1]] < following(cell[2], period)
    } == set()
    assert len(differ) < len(wanted) / 4


def test_a_filter_by_one_sector_gives_that_sectors_row(published: Published) -> None:
    keys = ["workers_enrolled", "median_placement_wage", "priority_population_pct", "partners_committed"]
    values = published.values("to_date")
    overlap = 0
    for sector in ("healthcare", "technology", "construction"):
        found = cells(ask(published.settings, keys, where=[f"{{{{ Entity('sector') }}}} = '{sector}'"]))
        wanted = {(key, sector): value for (key, at, _), value in values.items() if at == sector and key in keys}
        assert {(key, sector): value for (key, *_), value in found.items()} == wanted
        overlap += int(found["workers_enrolled", "all", None])
    either = ask(
        published.settings,
        ["workers_enrolled"],
        where=["{{ Entity('sector') }} in ('healthcare', 'technology', 'construction')"],
    )
    distinct = published.world.value(
        "select count(distinct subject_key) from marts.indicator_evidence where indicator_key = 'workers_enrolled' "
        "and is_counted and sector in ('healthcare', 'technology', 'construction')"
    )
    # whoever is in two of them counts once: no sum could tell
    assert either.rows == ((distinct,),)
    assert distinct < overlap


def test_sectors_of_the_median_and_of_counts_do_overlap_in_this_world(published: Published) -> None:
    """Else the tests above would pass with sums, too."""
    for key in ("workers_enrolled", "placed_in_jobs", "partners_committed"):
        values = {sector: value for (one, sector, _), value in published.values("to_date").items() if one == key}
        total = values.pop("all")
        assert sum(value or 0 for value in values.values()) > (total or 0), key
    later = published.world.value(
        "select count(*) from marts.indicator_evidence where indicator_key = 'median_placement_wage' "
        "and is_counted and not is_first_for_person"
    )
    assert later > 0
    ended = published.world.rows("select distinct indicator_key from marts.indicator_evidence where reason = 'ENDED'")
    gone = published.world.rows(
        "select distinct indicator_key from marts.indicator_evidence where is_qualifying and not is_counted "
        "and end_date is not null"
    )
    assert {key for (key,) in gone + ended} <= ENDING
    assert len(gone) >= 3


@pytest.mark.parametrize("group", [(), ("sector",)], ids=["total", "sectors"])
def test_companions_are_those_of_the_marts(published: Published, group: tuple[str, ...]) -> None:
    found = cells(ask(published.settings, COMPANIONS, group_by=group))
    rows = published.world.rows("select companion_key, sector, companion_value from marts.indicator_companions")
    wanted = {(key, sector, None): value for key, sector, value in rows if key in COMPANIONS}
    assert {cell: value for cell, value in found.items() if cell[1]} == {
        cell: value for cell, value in wanted.items() if (cell[1] == "all") == (not group)
    }


def test_persons_can_be_grouped_and_partners_too(published: Published) -> None:
    by_gender = ask(published.settings, ["workers_enrolled"], group_by=["person__gender"])
    wanted = published.world.rows(
        "select gender, count(*) from marts.dim_participant where is_enrolled group by gender order by gender"
    )
    assert {gender: count for gender, count in by_gender.rows if count} == dict(wanted)
    by_source = ask(published.settings, ["workers_enrolled"], group_by=["source", "source__kind"])
    counted = published.world.rows(
        "select source, count(distinct subject_key) from marts.indicator_evidence "
        "where indicator_key = 'workers_enrolled' and is_counted group by source"
    )
    assert {source: count for source, _, count in by_source.rows if count} == dict(counted)


def test_the_catalogue_of_metrics_is_that_of_the_indicators_and_hides_parts(published: Published) -> None:
    found = metrics(published.settings)
    assert [metric.name for metric in found[: len(PUBLISHED)]] == [
        key for (key,) in published.world.rows("select indicator_key from marts.dim_indicator order by display_order")
    ]
    assert {metric.name for metric in found[len(PUBLISHED) :]} == set(COMPANIONS)
    assert all(metric.unit and metric.description.endswith(".") for metric in found)


def test_the_same_marts_give_the_same_bytes(published: Published, dbt_manifest: Manifest, tmp_path: Path) -> None:
    def files(home: Path) -> dict[str, bytes]:
        folders = (home / "published" / "semantic", home / "published" / "site")
        return {str(p.relative_to(home)): p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()}

    again = publish_world(published.world, dbt_manifest, tmp_path)
    assert files(tmp_path) == files(published.settings.home)
    assert len(files(tmp_path)) == 4
    assert write_docs(again).changed is False


def test_the_command_asks_and_lists(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRTP_HOME", str(published.settings.home))
    runner = CliRunner()
    asked = runner.invoke(app, ["metrics", "query", "median_placement_wage", "workers_enrolled", "--json"])
    assert asked.exit_code == 0, asked.output
    (row,) = json.loads(asked.output)
    values = {key: value for (key, sector, _), value in published.values("to_date").items() if sector == "all"}
    assert row == {
        "median_placement_wage": str(values["median_placement_wage"]),
        "workers_enrolled": int(values["workers_enrolled"] or 0),
    }
    by_sector = runner.invoke(app, ["metrics", "query", "workers_enrolled", "--group-by", "sector__name"])
    assert "Healthcare" in by_sector.output
    shown = runner.invoke(app, ["metrics", "query", "workers_enrolled", "--sql"])
    assert '"marts"."marts"."indicator_evidence"' in shown.output
    listed = json.loads(runner.invoke(app, ["metrics", "list", "--json"]).output)
    assert len(listed) == len(PUBLISHED) + len(COMPANIONS)


def test_a_question_that_cannot_be_answered_is_told_so_without_a_value(published: Published) -> None:
    with pytest.raises(MetricsError, match="workers_enrolled"):
        ask(published.settings, ["workers_enroled"])
    with pytest.raises(MetricsError) as refused:
        ask(published.settings, ["workers_enrolled"], where=["cast({{ Entity('person') }} as integer) = 1"])
    people = [key for (key,) in published.world.rows("select person_key from marts.dim_participant")]
    assert people
    assert not any(key in str(refused.value) for key in people)


def test_before_the_first_night_the_command_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="hrtp docs"):
        metrics(load_settings(home=tmp_path, project=PROJECT.parent))


def test_files_and_graph_agree_on_what_may_cease_to_count(dbt_manifest: Manifest) -> None:
    """hrtp.render reads the files, the macro indicators_that_end reads dbt's graph; both must name the same."""
    simple = {metric.name for metric in dbt_manifest.metrics.values() if metric.type.value == "simple"}
    raw = {
        node.name[4:]: node.raw_code
        for node in dbt_manifest.nodes.values()
        if node.resource_type == "model" and node.name.startswith("ind_")
    }
    by_graph = {key for key, code in raw.items() if "cast(null as date) as end_date" not in code}
    assert by_graph == simple == ENDING
    macro = dbt_manifest.macros["macro.hrtp.indicators_that_end"].macro_sql
    assert re.search(r'"cast\(null as date\) as end_date" not in node\.raw_code', macro)
