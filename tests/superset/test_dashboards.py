"""Each of the five dashboards as a manager sees it: whole, and with the figures of the marts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.county import PUBLISHED
from tests.postgres import Postgres
from tests.superset.screen import (
    DASHBOARDS,
    ROOT,
    broken_charts,
    charts,
    colours_of,
    complaints,
    figures_on_screen,
    number_on_screen,
    open_dashboard,
    pick,
    table_on_screen,
)
from tests.superset.server import Superset

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.xdist_group("superset")]

COLOURS = json.loads((ROOT / "superset" / "colours.json").read_text(encoding="utf-8"))["labels"]
TO_DATE = "period = 'Program to date' and as_of = (select max(as_of) from indicator_scorecard)"


def plain(text: str) -> Decimal:
    """A figure as shown, as a number: 1,234, $20.15, 61.9."""
    return Decimal(text.replace(",", "").replace("$", "").removesuffix(" %"))


def figures(marts: Postgres, sql: str) -> dict[str, Any]:
    """Two columns as a dictionary, as `bi_reader` reads them."""
    return dict(marts.rows(sql))


def test_the_seventeen_figures_are_the_countys(page: Page, superset: Superset) -> None:
    shown = figures_on_screen(page, superset.url)
    assert {key: Decimal(1) if text == "yes" else plain(text) for key, text in shown.items()} == PUBLISHED


def test_the_scorecard_shows_baseline_target_attainment_and_status(
    page: Page, superset: Superset, marts: Postgres
) -> None:
    open_dashboard(page, superset.url, "program-scorecard")
    assert broken_charts(page) == {}
    rows = table_on_screen(page, "All indicators")
    expected = marts.rows(
        "select indicator, figure_text, baseline_text, target_text, attainment_text, status from indicator_scorecard "
        f"where sector = 'all' and {TO_DATE} order by display_order"
    )
    columns = ("Indicator", "Value", "Baseline", "Target", "Attainment", "Status")
    assert [tuple(row[name] for name in columns) for row in rows] == expected
    assert plain(number_on_screen(page, "On target")) == sum(row[-1] == "On target" for row in expected)
    assert plain(number_on_screen(page, "Below target")) == sum(row[-1] == "Below target" for row in expected)
    months = {
        row["Metric"]: row["Latest"] for row in table_on_screen(page, "Every indicator month by month, program to date")
    }
    assert months["Median wage achieved in placed employment (USD per hour)"] == "20.15"
    assert len(months) == 15

    pick(page, "Sector", "Healthcare")
    assert broken_charts(page) == {}
    healthcare = figures(
        marts,
        f"select indicator, figure_text from indicator_scorecard where sector = 'healthcare' and {TO_DATE}",
    )
    assert {row["Indicator"]: row["Value"] for row in table_on_screen(page, "All indicators")} == healthcare
    assert healthcare["Workers enrolled in sectoral job training programs"] == "55"


def test_an_earlier_day_and_a_month_alone_can_be_read(page: Page, superset: Superset, marts: Postgres) -> None:
    open_dashboard(page, superset.url, "program-scorecard")
    pick(page, "As of", "2026-03-31")
    march = figures(
        marts,
        "select i.name, v.value_to_date::text from indicator_values v join dim_indicator i using (indicator_key) "
        "where v.sector = 'all' and v.period_type = 'month' and v.period_end = date '2026-03-31' "
        "and v.unit = 'persons'",
    )
    shown = {row["Indicator"]: row["Value"] for row in table_on_screen(page, "All indicators")}
    assert {name: plain(shown[name]) for name in march} == {name: Decimal(value) for name, value in march.items()}
    to_date = [number_on_screen(page, title) for title in ("On target", "Below target", "Without a target")]
    pick(page, "Period", "Month")
    # a month has no target: what is counted against targets stays to date, and nothing is empty
    assert broken_charts(page) == {}
    assert [number_on_screen(page, title) for title in ("On target", "Below target", "Without a target")] == to_date
    assert to_date[0] != "0"
    rows = table_on_screen(page, "All indicators")
    assert {row["Target"] for row in rows} == {"–"}
    assert {row["Status"] for row in rows} == {"No target in a period", "Not run by HRTP"}
    alone = figures(
        marts,
        "select i.name, v.value_in_period::text from indicator_values v join dim_indicator i using (indicator_key) "
        "where v.sector = 'all' and v.period_type = 'month' and v.period_end = date '2026-03-31' "
        "and v.unit = 'persons'",
    )
    shown = {row["Indicator"]: row["Value"] for row in table_on_screen(page, "All indicators")}
    assert {name: plain(shown[name]) for name in alone} == {name: Decimal(value) for name, value in alone.items()}
    assert alone != march


def test_the_funnel_shows_each_stage_in_total_and_by_sector(page: Page, superset: Superset, marts: Postgres) -> None:
    open_dashboard(page, superset.url, "sector-funnel")
    assert broken_charts(page) == {}
    stages = {row["Stage"]: plain(row["Persons"]) for row in table_on_screen(page, "Stage by stage")}
    assert stages == figures(marts, f"select stage, n_persons from sector_funnel where sector = 'all' and {TO_DATE}")
    assert stages["Enrolled"] == PUBLISHED["workers_enrolled"]
    assert stages["Completed"] == PUBLISHED["workers_completed"]
    assert stages["Placed in a job"] == PUBLISHED["placed_in_jobs"]
    assert stages["In an apprenticeship"] == PUBLISHED["placed_in_apprenticeships"]
    assert stages["Applied"] > stages["Enrolled"]
    assert colours_of(page, "The funnel, persons") == {COLOURS[stage] for stage in stages}
    for title in ("Applied", "Enrolled", "Completed", "Placed in a job"):
        assert plain(number_on_screen(page, title)) == stages[title]
    sectors = table_on_screen(page, "Persons in all sectors and each (not a sum: some are in two)")
    enrolled = {row["Sector"]: plain(row["Enrolled"]) for row in sectors}
    assert enrolled == figures(
        marts, f"select sector_name, n_persons from sector_funnel where stage = 'Enrolled' and {TO_DATE}"
    )
    assert sum(enrolled.values()) - enrolled["All sectors"] > enrolled["All sectors"]

    pick(page, "Sector", "Construction")
    stages = {row["Stage"]: plain(row["Persons"]) for row in table_on_screen(page, "Stage by stage")}
    assert stages == figures(
        marts, f"select stage, n_persons from sector_funnel where sector = 'construction' and {TO_DATE}"
    )
    assert plain(number_on_screen(page, "Enrolled")) == stages["Enrolled"] == enrolled["Construction"]


def test_wages_show_the_median_its_target_and_what_is_known_of_jobs(
    page: Page, superset: Superset, marts: Postgres
) -> None:
    open_dashboard(page, superset.url, "wages-and-job-quality")
    assert broken_charts(page) == {}
    assert plain(number_on_screen(page, "Median wage")) == PUBLISHED["median_placement_wage"]
    assert number_on_screen(page, "Target of the program") == "$22.00"
    ((known,),) = marts.rows(f"select sum(n_persons) from wage_bands where sector = 'all' and {TO_DATE}")
    assert plain(number_on_screen(page, "With a known wage")) == known
    quality = {
        row["What is asked of the job"]: tuple(plain(row[name]) for name in ("Placed", "Yes", "No", "Not known"))
        for row in table_on_screen(page, "What is known of the jobs, persons")
    }
    assert quality == {
        name: tuple(values)
        for name, *values in marts.rows(
            f"select quality, n_placed, n_yes, n_no, n_unknown from job_quality where sector = 'all' and {TO_DATE}"
        )
    }
    assert colours_of(page, "Job quality, persons") == {COLOURS[name] for name in ("Yes", "No", "Not known")}
    wages = table_on_screen(page, "Median wage, all sectors and each, USD per hour")
    medians = {row["Sector"]: row["Median wage"] for row in wages}
    assert medians == figures(
        marts,
        "select sector_name, figure_text from indicator_scorecard "
        f"where indicator_key = 'median_placement_wage' and {TO_DATE}",
    )

    pick(page, "Sector", "Technology")
    assert number_on_screen(page, "Median wage") == medians["Technology"]
    assert number_on_screen(page, "Target of the program") == "$22.00"


def test_who_is_served_shows_criteria_groups_and_what_is_not_known(
    page: Page, superset: Superset, marts: Postgres
) -> None:
    open_dashboard(page, superset.url, "who-is-served")
    assert broken_charts(page) == {}
    assert plain(number_on_screen(page, "Enrolled")) == PUBLISHED["workers_enrolled"]
    assert plain(number_on_screen(page, "Priority share")) == PUBLISHED["priority_population_pct"]
    assert plain(number_on_screen(page, "Supportive services")) == PUBLISHED["supportive_services_recipients"]

    def criteria(sector: str) -> dict[str, tuple[Decimal, ...]]:
        rows = marts.rows(
            "select criterion, n_enrolled, n_yes, n_no, n_unknown from served_by_criterion "
            f"where sector = '{sector}' and {TO_DATE}"
        )
        return {name: tuple(values) for name, *values in rows}

    def shown() -> dict[str, tuple[Decimal, ...]]:
        columns = ("Enrolled", "Yes", "No", "Not known")
        rows = table_on_screen(page, "Criteria, persons enrolled")
        return {row["Criterion"]: tuple(plain(row[name]) for name in columns) for row in rows}

    assert shown() == criteria("all")
    groups = {
        (row["By"], row["Group"]): plain(row["Persons"]) for row in table_on_screen(page, "Groups, persons enrolled")
    }
    assert groups == {
        (dimension, name): persons
        for dimension, name, persons in marts.rows(
            f"select dimension, group_name, n_persons from served_by_group where sector = 'all' and {TO_DATE}"
        )
    }
    pick(page, "Sector", "Aerospace")
    assert shown() == criteria("aerospace") != criteria("all")


def test_data_quality_shows_every_partner_and_the_rules_that_kept_rows_back(
    page: Page, superset: Superset, marts: Postgres
) -> None:
    open_dashboard(page, superset.url, "data-quality-by-partner")
    assert broken_charts(page) == {}
    totals = marts.rows("select sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from source_freshness")
    titles = ("Rows delivered", "Rows loaded", "Rows kept back")
    assert [tuple(plain(number_on_screen(page, title)) for title in titles)] == totals
    partners = {row["Partner"]: row for row in table_on_screen(page, "Partners, rows of current files")}
    expected = {
        name: rest
        for name, *rest in marts.rows("select source_name, state, rows_in, rows_quarantined from source_freshness")
    }
    assert {
        name: [row["State"], plain(row["Rows in"]), plain(row["Kept back"])] for name, row in partners.items()
    } == expected
    deliveries = table_on_screen(page, "Deliveries by month, rows of all files")
    assert [(row["Delivered through"], row["Partner"]) for row in deliveries] == marts.rows(
        "select delivered_through, partner from data_quality_deliveries group by delivered_through, partner, state "
        "order by delivered_through desc, partner, state"
    )
    name = "Healthcare sector intermediary"
    pick(page, "Partner", name)
    assert [row["Partner"] for row in table_on_screen(page, "Partners, rows of current files")] == [name]
    assert plain(number_on_screen(page, "Rows kept back")) == expected[name][2]


def test_every_chart_of_the_bundle_is_on_a_screen_and_the_browser_has_nothing_to_complain_of(
    page: Page, superset: Superset
) -> None:
    found = []
    with complaints(page, superset.url) as heard:
        for slug in DASHBOARDS:
            open_dashboard(page, superset.url, slug)
            assert broken_charts(page) == {}, slug
            found += charts(page)
        # whoever leaves a dashboard whose colours Superset would have otherwise tries to write them down
        page.goto(f"{superset.url}/dashboard/list/")
        # the picture that counts users for Superset's makers stands in the menu, and is ours
        counting = page.locator("img[referrerpolicy=no-referrer-when-downgrade]")
        counting.wait_for(state="attached")
        assert [str(image.get_attribute("src"))[:15] for image in counting.all()] == ["data:image/gif;"]
        page.get_by_role("link", name="Sector funnel").wait_for()
        page.wait_for_load_state("networkidle")
    assert heard == []
    assert len(found) == len(list((ROOT / "superset" / "bundle" / "charts").glob("*.yaml")))
