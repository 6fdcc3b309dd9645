"""What the scorecard page says: since when a target is met, what is missing, how sure, and to whom."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import altair
import pytest

from hrtp.page.charts import COLOURS, Series, _spec, line_chart, small_chart
from hrtp.page.downloads import as_csv, as_json
from hrtp.page.facts import PUBLIC_FLOOR, Doubt, Facts, Month, Source, TractList, for_the_public
from hrtp.page.phrases import distance, doubt, since, value
from hrtp.page.view import Card, view_of
from hrtp.page.words import Language
from hrtp.page.write import render
from tests.unit.page_world import AS_OF, facts, figure, indicator, months

EN, ES = Language("en"), Language("es")


def only_card(world: Facts, say: Language = EN) -> Card:
    (card,) = view_of(world, say).cards
    return card


def test_a_target_is_met_since_the_first_month_of_the_run_that_lasts() -> None:
    run = figure(9, target=Decimal(5), meets_target=True, months=months(5, 4, 6, 9, target=5))
    assert run.met_since == date(2026, 8, 28)
    assert since(EN, indicator(run)) == "since August 2026"
    assert since(ES, indicator(run)) == "desde agosto de 2026"


def test_a_target_that_was_met_and_lost_says_when_it_last_was() -> None:
    lost = figure(4, target=Decimal(5), meets_target=False, months=months(5, 6, 4, target=5))
    assert (lost.met_since, since(EN, indicator(lost))) == (None, "last met in August 2026")
    assert since(EN, indicator(figure())) == ""


@pytest.mark.parametrize(
    ("total", "unit", "says"),
    [
        (figure(213), "persons", "237 short"),
        (figure("20.15", target=Decimal(22)), "USD per hour", "$1.85 short"),
        (figure(6, target=Decimal(4), meets_target=True), "contracts", "2 above"),
        (figure(100, target=Decimal(100), meets_target=True), "percent", "exactly the target"),
        (figure("99.5", target=Decimal(100)), "percent", "0.5 points short"),
        (figure(1, target=Decimal(1), meets_target=True), "yes/no", "done"),
        (figure(0, target=Decimal(1)), "yes/no", "not done yet"),
        (
            figure(58, target=Decimal(5), target_scope="each_sector", sectors_meeting=1),
            "persons",
            "1 of 2 sectors reach it",
        ),
        (figure(None, reason="NO_WAGES", meets_target=None), "USD per hour", "no wage is known yet"),
        (figure(5, target=None, meets_target=None), "persons", ""),
    ],
)
def test_how_far_it_is_from_the_target_is_said_in_the_unit_of_the_figure(total: object, unit: str, says: str) -> None:
    assert distance(EN, indicator(total, unit=unit), 2) == says  # type: ignore[arg-type]


def test_what_is_not_whole_never_reads_a_hundred_percent() -> None:
    assert [EN.percent(Decimal(share)) for share in ("0.4158", "0.996", "1", "1.5", "0")] == [
        "42%",
        "99%",
        "100%",
        "150%",
        "0%",
    ]


def test_no_figure_says_why_and_is_no_zero() -> None:
    card = only_card(facts(indicator(figure(None, reason="NO_WAGES", meets_target=None), unit="USD per hour")))
    assert (card.raw, card.value, card.state, card.state_name) == ("", "No figure", "none", "No figure yet")
    assert card.distance == "no wage is known yet"
    assert value(EN, Decimal(0), "persons") == "0"


def test_a_stale_night_names_the_partner_and_flags_the_figure() -> None:
    stale = (Source("Aerospace <b>", "stale", date(2026, 8, 1)), Source("Healthcare", "ok", AS_OF))
    world = facts(indicator(figure(is_stale=True, data_through=date(2026, 8, 1))), sources=stale)
    page = render(world, EN).decode()
    assert "1 of 2 partners are not current." in page
    assert "Data through August 1, 2026." in page
    assert page.count("stale data") == 1
    assert '<th scope="row"><span lang="en">Aerospace &lt;b&gt;</span></th><td>stale</td>' in page


def test_unknowns_are_counted_beside_the_figure_and_explained() -> None:
    why = "Persons whose first qualifying placement has no wage: left out of the median."
    world = facts(indicator(figure(n_unknown=11), unknown_definition=why))
    assert (only_card(world).unknown_note, only_card(world, ES).unknown_note) == ("11 unknown", "11 desconocidos")
    assert why in render(world, EN).decode()
    assert "1 figure rests in part on what partners did not tell." in view_of(world, EN).sure


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ((213, 213, 210), "between 210 and 213, until somebody has decided whether 4 pairs of records are one person"),
        ((213, 214, 210), "between 210 and 214, until somebody has decided whether 4 pairs of records are one person"),
        ((None, None, 25), "none, or 25, until somebody has decided whether 4 pairs of records are one person"),
    ],
)
def test_a_figure_in_doubt_says_between_what_it_lies(figures: tuple[int | None, ...], says: str) -> None:
    amounts = [None if amount is None else Decimal(amount) for amount in figures]
    assert doubt(EN, Doubt(*amounts, 4, True), "persons") == says  # type: ignore[arg-type]
    world = facts(indicator(doubt=Doubt(*amounts, 4, True)))  # type: ignore[arg-type]
    assert only_card(world).sure == says
    assert "may still move" in render(world, EN).decode()
    assert "1 figure may still move while records are matched." in view_of(world, EN).sure


def test_hostile_text_in_a_name_is_text() -> None:
    evil = '</style><script>alert("x")</script><img src=x onerror=y>'
    page = render(facts(indicator(name=evil, definition=evil, charter_wording=evil, objective=evil)), EN).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("</style>") == 1
    assert page.count("&lt;script&gt;") > 5


def test_the_page_may_ask_nobody_for_anything_and_runs_no_script() -> None:
    page = render(facts(), EN).decode()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy.group(1).replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert re.findall(r' style="|<script|\son[a-z]+="|url\(|@import|https?://(?!www\.w3\.org/)', page) == []


def test_the_same_facts_are_the_same_bytes_whatever_was_drawn_before() -> None:
    first = render(facts(), EN)
    line_chart(Series((AS_OF,), (Decimal(1),), None, "persons"))
    assert render(facts(), EN) == first


def test_the_public_sees_no_sector_and_no_month_of_few_people() -> None:
    wage = Month(date(2026, 8, 31), Decimal("41.17"), None, True, PUBLIC_FLOOR - 1)
    enough = Month(AS_OF, Decimal("20.15"), None, False, PUBLIC_FLOOR)
    median = indicator(figure("20.15", target=Decimal(22), months=(wage, enough)), unit="USD per hour")
    public = for_the_public(facts(median))
    for content in (render(public, EN), as_csv(public), as_json(public)):
        text = content.decode()
        assert "41.17" not in text
        assert "onstruction" not in text
        assert "ealthcare" not in text
    assert "fewer than 11 people, not shown" in render(public, EN).decode()
    assert since(EN, public.indicators[0]) == ""
    assert "41.17" in render(facts(median), EN).decode()


def test_the_staff_see_every_sector_and_that_it_is_not_for_publication() -> None:
    page = render(facts(), EN).decode()
    assert re.findall(r'data-indicator-sector="(\w+)" data-sector="(\w+)" data-value="(\d+)"', page) == [
        ("workers_enrolled", "construction", "100"),
        ("workers_enrolled", "healthcare", "113"),
    ]
    assert "Staff edition: not for publication" in page
    assert 'content="noindex, nofollow"' in page
    assert "Staff edition" not in render(for_the_public(facts()), EN).decode()


@pytest.mark.parametrize(
    ("n_samples", "says"),
    [
        (0, ""),
        (3, "Sample data: everything on this page is made up."),
        (1, "Sample data: 1 of 3 files behind this page are made up."),
    ],
)
def test_made_up_files_are_said_to_be_made_up(n_samples: int, says: str) -> None:
    notices = " ".join(view_of(facts(n_samples=n_samples), EN).notices)
    assert notices.startswith(says)
    assert bool(notices) == bool(says)


def test_real_files_over_a_sample_list_of_tracts_say_so() -> None:
    world = facts(lists=(TractList("tract_priority", "sample", "synthetic", "2020", True),))
    assert view_of(world, EN).notices == ("The lists of priority areas are synthetic samples, not the County's.",)
    assert "A newer list tract_priority was refused; the one before it counts." in render(world, EN).decode()


def test_the_downloads_hold_the_figures_as_the_marts_do() -> None:
    world = facts(indicator(figure("20.15", target=Decimal("22.00"), months=months("20.15", target=22))))
    (found,) = json.loads(as_json(world))["indicators"]
    assert (found["value"], found["target"], found["sectors"]["healthcare"]["value"]) == ("20.15", "22.00", "113")
    rows = list(csv.DictReader(io.StringIO(as_csv(world).decode())))
    assert rows[0] == {
        "indicator_key": "workers_enrolled",
        "sector": "all",
        "period_end": "2026-09-28",
        "value": "20.15",
        "reason": "",
        "target": "22.00",
        "meets_target": "False",
    }


def test_no_cell_of_the_download_is_a_formula() -> None:
    evil = indicator(key="=1+1", total=figure(months=months(1)), sectors=(figure(sector="@x", months=months(1)),))
    rows = list(csv.DictReader(io.StringIO(as_csv(facts(evil)).decode())))
    assert [(row["indicator_key"], row["sector"]) for row in rows] == [("'=1+1", "all"), ("'=1+1", "'@x")]


@pytest.mark.parametrize("unit", ["persons", "percent", "USD per hour", "yes/no", "contracts"])
@pytest.mark.parametrize("values", [(1, 2, 3), (None, None), (None, 1, None, 1), (0,), ()])
def test_every_chart_is_a_specification_that_altair_knows_and_draws(unit: str, values: tuple[int | None, ...]) -> None:
    ends = tuple(date(2026, number + 1, 28) for number in range(len(values)))
    amounts = tuple(None if amount is None else Decimal(amount) for amount in values)
    series = Series(ends, amounts, Decimal(3), unit)
    spec = {k: v for k, v in _spec(series, 300, 100, 11, labelled=True).items() if k != "$schema"}
    altair.LayerChart.from_dict(spec)
    for svg in (line_chart(series), small_chart(series)):
        assert svg.startswith('<svg viewBox="0 0 ')
        assert COLOURS["target"] in svg
        assert "NaN" not in svg


def test_a_month_without_a_figure_breaks_the_line_and_is_no_zero() -> None:
    ends = tuple(date(2026, number, 28) for number in range(1, 7))
    broken = line_chart(
        Series(ends, (Decimal(5), Decimal(5), None, Decimal(5), Decimal(5), Decimal(5)), None, "persons")
    )
    line = re.search(rf'd="(M[^"]+)" stroke="{COLOURS["line"]}"', broken)
    assert line is not None
    assert line.group(1).count("M") == 2


def test_the_style_sheet_maps_every_colour_of_the_charts_for_dark_pages() -> None:
    page = render(facts(), EN).decode()
    used = set(re.findall(r'(?:stroke|fill)="(#[0-9a-f]{6})"', page))
    assert used == set(COLOURS.values())
    for colour in used:
        assert re.search(rf'svg\[role=img\] \[(?:stroke|fill)="{colour}"\]', page), colour


def test_the_key_of_a_chart_names_a_target_only_where_one_is_drawn() -> None:
    each = figure(58, target=Decimal(5), target_scope="each_sector", sectors_meeting=2, meets_target=True)
    assert only_card(facts(indicator())).is_target_drawn
    assert not only_card(facts(indicator(each))).is_target_drawn
    assert COLOURS["target"] not in only_card(facts(indicator(each))).chart


def test_an_indicator_on_no_branch_of_the_goal_tree_is_shown_last() -> None:
    world = facts(indicator(objective=None), replace(indicator(), key="other"))
    assert [group.title for group in view_of(world, EN).groups] == ["Open apprenticeship pathways", "Other indicators"]
