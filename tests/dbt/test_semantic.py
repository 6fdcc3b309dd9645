"""The semantic layer says what the marts say: every indicator, sector, month and quarter of random worlds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
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
#: What stands beside an indicator: the end of the metric's name -> the mart's column.
BESIDE = {
    "_in_month": "value_in_period",
    "_in_quarter": "value_in_period",
    "_baseline": "baseline",
    "_target": "target",
    "_attainment": "attainment",
}
COMPANIONS = (
    "placement_rate_of_enrolled_pct",
    "placement_rate_of_completers_pct",
    "completion_rate_pct",
    "priority_strict_pct",
    "priority_broad_pct",
    "placed_within_12_months",
    "employers_served",
)


Cells = dict[tuple[str, str | None, Any], Any]


@dataclass(frozen=True)
class Published:
    """A random world, published with its semantic layer."""

    world: World
    settings: Settings

    def values(self, period_type: str, column: str = "value_to_date", end: str = "") -> Cells:
        """One column of the mart; `end` is that of the metric's name."""
        found = self.world.rows(
            f"select indicator_key, sector, period_start, {column} from marts.indicator_values where period_type = ?",
            period_type,
        )
        return {(key + end, sector, start): value for key, sector, start, value in found}

    def beside(self, *ends: str) -> list[str]:
        """Names of the metrics beside the indicators."""
        known = [metric.name for metric in metrics(self.settings)]
        return [key + end for end in ends for key in PUBLISHED if key + end in known]


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


def following(start: date) -> date:
    """First day of the month after the one that begins on `start`."""
    return (start + timedelta(days=31)).replace(day=1)


def marts_say(published: Published, period: str, *, totals: bool) -> tuple[list[str], Cells]:
    """Every metric that a kind of period has, and all that the mart says of it for the total or for the sectors."""
    ends = ["_baseline", "_target", "_attainment", *([f"_in_{period}"] if period != "to_date" else [])]
    names = published.beside(*ends)
    cells = published.values(period)
    for end in ends:
        known = published.values(period, BESIDE[end], end)
        # a target that nobody set has no metric, and the mart is silent
        assert {value for (name, *_), value in known.items() if name not in names} <= {None}
        cells |= {cell: value for cell, value in known.items() if cell[0] in names}
    if period == "to_date":
        cells = {(name, sector, None): value for (name, sector, _), value in cells.items()}
    return [*PUBLISHED, *names], {cell: value for cell, value in cells.items() if (cell[1] == "all") == totals}


@pytest.mark.parametrize("period", ["to_date", "month", "quarter"])
def test_every_total_of_a_period_is_that_of_the_marts(published: Published, period: str) -> None:
    names, known = marts_say(published, period, totals=True)
    group = [] if period == "to_date" else [f"metric_time__{period}"]
    assert cells(ask(published.settings, names, group_by=group)) == known
    attained = [value for (name, *_), value in known.items() if name.endswith("_attainment") and value is not None]
    assert len(attained) >= 12
    assert len(set(attained)) > 6
    assert len(names) == len(PUBLISHED) + 3 * 14 + (len(PUBLISHED) if group else 0)


@pytest.mark.parametrize("period", ["to_date", "month", "quarter"])
def test_every_sector_of_a_period_is_that_of_the_marts(published: Published, period: str) -> None:
    names, known = marts_say(published, period, totals=False)
    group = ["sector"] if period == "to_date" else [f"metric_time__{period}", "sector"]
    found = cells(ask(published.settings, names, group_by=group))
    assert {cell: found[cell] for cell in known} == known
    # the one target that is set for each sector
    assert {name for (name, *_), value in known.items() if name.endswith("_target") and value is not None} == {
        "employer_partnerships_target"
    }
    # before the first row a count is 0, but a percentage of nobody and a median of nothing are not known
    assert period == "to_date" or {
        name for (name, *_), value in found.items() if value is None and name in PUBLISHED
    } >= {"priority_population_pct", "median_placement_wage"}


def test_a_sector_without_evidence_says_0_also_when_nothing_else_is_asked(published: Published) -> None:
    key, start = "placed_in_apprenticeships", min(day for (_, _, day) in published.values("month"))
    end = following(start) - timedelta(days=1)
    found = {row[0]: row[1] for row in ask(published.settings, [key], group_by=["sector"], end=end).rows}
    values = published.values("month")
    sectors = [sector for (sector,) in published.world.rows("select sector_key from marts.dim_sector")]
    assert {sector: found[sector] for sector in sectors} == {sector: values[key, sector, start] for sector in sectors}
    rows = published.world.rows(
        "select distinct sector from marts.indicator_evidence where event_date <= ? and indicator_key = ?", end, key
    )
    without = set(sectors) - {sector for (sector,) in rows}
    assert without
    assert {found[sector] for sector in without} == {0}


def test_the_last_day_asked_about_decides_on_value_and_attainment(published: Published) -> None:
    months = sorted({start for (_, _, start) in published.values("month")})
    names = ["workers_enrolled", "workers_enrolled_target", "workers_enrolled_attainment", "workers_enrolled_in_month"]
    found = cells(ask(published.settings, names, end=following(months[-2]) - timedelta(days=1)))
    columns = {"": "value_to_date"} | {end: BESIDE[end] for end in ("_target", "_attainment", "_in_month")}
    assert found == {
        ("workers_enrolled" + end, "all", None): published.values("month", column)[
            "workers_enrolled", "all", months[-2]
        ]
        for end, column in columns.items()
    }


def test_as_of_a_day_within_a_month_only_what_happened_by_then_counts(published: Published) -> None:
    days = published.world.rows(
        "select event_date, subject_key from marts.indicator_evidence where is_counted "
        "and indicator_key = 'workers_enrolled' and day(event_date) between 5 and 20 order by all"
    )
    day = days[len(days) // 2][0]
    until = "select count(distinct subject_key) from marts.indicator_evidence where is_counted "
    until += "and indicator_key = 'workers_enrolled' and event_date <= ?"
    answer = ask(published.settings, ["workers_enrolled"], end=day)
    assert answer.rows == ((published.world.value(until, day),),)
    assert answer.rows != ask(published.settings, ["workers_enrolled"]).rows
    with pytest.raises(MetricsError, match="no first day"):
        ask(published.settings, ["workers_enrolled"], start=day)
    with pytest.raises(MetricsError, match="does not match any of the available"):
        ask(published.settings, ["workers_enrolled_target"], end=day)


def test_what_no_row_of_the_mart_says_is_blank_or_refused(published: Published) -> None:
    keys = [key + end for key in ("workers_enrolled", "employer_partnerships") for end in ("_attainment", "_in_month")]
    two = ask(published.settings, keys, where=["{{ Entity('sector') }} in ('healthcare', 'technology')"])
    assert two.rows == ((None,) * 4,)
    one = cells(ask(published.settings, keys, where=["{{ Entity('sector') }} = 'healthcare'"]))
    attained = published.values("to_date", "attainment")
    assert [one[key, "all", None] is None for key in keys] == [True, False, False, False]
    assert one["employer_partnerships_attainment", "all", None] in {
        value
        for (key, sector, _), value in attained.items()
        if (key, sector) == ("employer_partnerships", "healthcare")
    }
    # persons without a sector are no sector, and no program either
    rows = cells(ask(published.settings, ["workers_enrolled", *keys], group_by=["sector"]))
    assert [rows[key, None, None] for key in keys] == [None] * 4
    for group in ("person__gender", "source"):
        with pytest.raises(MetricsError, match="does not match any of the available group-by-items"):
            ask(published.settings, keys, group_by=[group])


def test_mf_tells_target_attainment_and_period_too(published: Published) -> None:
    names = published.beside("_target", "_attainment", "_in_month")
    rows = mf_query(published.settings.home, names, "--group-by", "sector,metric_time__month")
    latest = max(row["metric_time__month"] for row in rows)
    found = {(name, row["sector"]): row[name] for row in rows if row["metric_time__month"] == latest for name in names}
    _, known = marts_say(published, "month", totals=False)
    start = max(day for (_, _, day) in known)
    expected = {(name, sector): value for (name, sector, day), value in known.items() if day == start and name in names}
    assert {cell: Decimal(found[cell]) if found[cell] else None for cell in expected} == expected


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
    companions = found[len(PUBLISHED) :][: len(COMPANIONS)]
    assert {metric.name for metric in companions} == set(COMPANIONS)
    assert {metric.name for metric in found[len(PUBLISHED) + len(COMPANIONS) :]} == set(published.beside(*BESIDE))
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
    assert len(listed) == len(PUBLISHED) + len(COMPANIONS) + len(published.beside(*BESIDE))
    assert len({metric["name"] for metric in listed}) == len(listed)


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
    simple = {
        metric.name
        for metric in dbt_manifest.metrics.values()
        if metric.type.value == "simple" and "indicator_key" in metric.config.meta
    }
    raw = {
        node.name[4:]: node.raw_code
        for node in dbt_manifest.nodes.values()
        if node.resource_type == "model" and node.name.startswith("ind_")
    }
    by_graph = {key for key, code in raw.items() if "cast(null as date) as end_date" not in code}
    assert by_graph == simple == ENDING
    macro = dbt_manifest.macros["macro.hrtp.indicators_that_end"].macro_sql
    assert re.search(r'"cast\(null as date\) as end_date" not in node\.raw_code', macro)
