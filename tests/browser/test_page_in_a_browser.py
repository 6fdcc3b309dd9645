"""The scorecard page as people meet it: in a browser, on a phone, by keyboard, read aloud, printed, in Spanish."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from hrtp.page.write import PLACES
from tests.browser.conftest import DESKTOP, PHONE, Opening
from tests.county import PUBLISHED
from tests.unit.test_page_words import catalogue

#: Bytes of the heaviest public and staff page: what a slow phone loads in some seconds, unpacked. Packed, a tenth.
MOST_BYTES = {"public": 300_000, "staff": 750_000}
EDITIONS = [(edition, language) for edition in ("public", "staff") for language in ("en", "es")]
TO_DATE = "sector = 'all' and period_type = 'to_date'"
everywhere = pytest.mark.parametrize(("edition", "language"), EDITIONS, ids=lambda value: value)


def place(home: Path, edition: str, language: str) -> Path:
    folder = home / "staff" if edition == "staff" else home / "published" / "site"
    return folder / PLACES[language]


def marts(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read with nothing of the product's."""
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as connection:
        connection.execute("use marts.marts")
        return connection.execute(sql).fetchall()


def figures_on(page: Page) -> dict[str, tuple[str, str]]:
    """Indicator -> its raw value and what the eye reads, of the figures that are visible."""
    found = {}
    for element in page.locator("[data-indicator]").all():
        assert element.is_visible()
        key, raw = element.get_attribute("data-indicator"), element.get_attribute("data-value")
        assert key is not None
        assert raw is not None
        assert key not in found
        found[key] = (raw, element.inner_text())
    return found


def amount(text: str) -> Decimal:
    """What a person reads out of a figure."""
    words = {"Yes": "1", "No": "0", "Sí": "1"}
    return Decimal(words.get(text, re.sub(r"[$,%]", "", text)))


@everywhere
def test_all_17_figures_on_screen_equal_the_marts_and_the_countys(
    published_home: Path, opened: Opening, edition: str, language: str
) -> None:
    shown = figures_on(opened(place(published_home, edition, language)).page)
    held = dict(
        marts(
            published_home,
            f"select indicator_key, value_to_date from indicator_values where {TO_DATE}",
        )
    )
    assert {key: Decimal(raw) for key, (raw, _) in shown.items()} == held == PUBLISHED
    assert {key: amount(text) for key, (_, text) in shown.items()} == PUBLISHED


@everywhere
def test_the_table_at_the_top_says_the_same_as_the_cards(
    published_home: Path, opened: Opening, edition: str, language: str
) -> None:
    page = opened(place(published_home, edition, language)).page
    links = page.locator("table.glance th a")
    keys = [str(link.get_attribute("href")).removeprefix("#") for link in links.all()]
    texts = page.locator("table.glance td.figure").all_inner_texts()
    assert dict(zip(keys, texts, strict=True)) == {key: text for key, (_, text) in figures_on(page).items()}
    met = marts(
        published_home,
        "select count(*) from indicator_values where sector='all' and period_type='to_date' and meets_target",
    )
    assert page.locator("table.glance .state.met").count() == met[0][0] == 6
    assert page.locator("[data-met]").get_attribute("data-met") == "6"


def test_every_sector_figure_of_the_staffs_page_equals_the_marts_and_the_public_page_has_none(
    published_home: Path, opened: Opening
) -> None:
    held = {
        (key, sector): value
        for key, sector, value in marts(
            published_home,
            "select v.indicator_key, v.sector, v.value_to_date from indicator_values as v "
            "inner join dim_indicator as i using (indicator_key) "
            "where v.sector <> 'all' and v.period_type = 'to_date'",
        )
    }
    page = opened(place(published_home, "staff", "en")).page
    shown = {
        (element.get_attribute("data-indicator-sector"), element.get_attribute("data-sector")): Decimal(
            str(element.get_attribute("data-value"))
        )
        for element in page.locator("[data-sector]").all()
    }
    assert shown == held
    assert len(shown) == 72
    public = opened(place(published_home, "public", "en")).page
    assert public.locator("[data-sector]").count() == 0
    names = [name for (name,) in marts(published_home, "select name from dim_sector")]
    content = place(published_home, "public", "en").read_text()
    links = " ".join(unquote(str(a.get_attribute("href"))) for a in public.locator("a[download]").all())
    assert [name for name in names if name in content + links] == []


@everywhere
def test_the_downloads_hold_the_marts_figures(
    published_home: Path, opened: Opening, tmp_path: Path, edition: str, language: str
) -> None:
    page = opened(place(published_home, edition, language), accept_downloads=True).page
    with page.expect_download() as download:
        page.locator("a[download$='.json']").click()
    document = json.loads(Path(download.value.path()).read_text())
    assert {found["indicator_key"]: Decimal(found["value"]) for found in document["indicators"]} == PUBLISHED
    assert ("sectors" in document["indicators"][0]) == (edition == "staff")
    assert download.value.suggested_filename == "hrtp-scorecard-2026-09-30.json"


@everywhere
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_asked_of_anybody_and_nothing_goes_wrong(
    published_home: Path, opened: Opening, edition: str, language: str, size: tuple[int, int]
) -> None:
    watched = opened(place(published_home, edition, language), size=size)
    for summary in watched.page.locator("summary").all():
        summary.click()
    watched.page.mouse.wheel(0, 20_000)
    watched.page.wait_for_timeout(200)
    assert (watched.requests, watched.complaints) == ([], [])
    assert watched.page.locator("script").count() == 0


@everywhere
@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESKTOP, "light"), (PHONE, "light"), (DESKTOP, "dark")],
    ids=["desktop", "phone", "dark"],
)
def test_axe_finds_nothing_serious(
    published_home: Path, opened: Opening, edition: str, language: str, size: tuple[int, int], scheme: str
) -> None:
    # axe's own script is what the page's policy keeps out: it alone is let past
    watched = opened(place(published_home, edition, language), size=size, color_scheme=scheme, bypass_csp=True)
    watched.page.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    found = Axe().run(watched.page).response
    serious = [
        (rule["id"], rule["impact"], node["html"][:120])
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]
    assert serious == []
    assert len(found["passes"]) > 25


@pytest.mark.parametrize("edition", ["public", "staff"])
def test_the_keyboard_reaches_everything_in_the_order_of_the_page(
    published_home: Path, opened: Opening, edition: str
) -> None:
    page = opened(place(published_home, edition, "en")).page
    reached = []
    for _ in range(400):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const e = document.activeElement; const s = getComputedStyle(e); return [e.tagName, "
                "e.className, e.textContent.trim().slice(0, 30), s.outlineStyle, e.getBoundingClientRect().left] })()"
            )
        )
        if reached[-1][0] == "BODY":
            break
    tags = [tag for tag, *_ in reached]
    assert reached[0][:3] == ["A", "skip", "Skip to the figures"]
    assert reached[0][4] >= 0, "the skip link comes into view when it is reached"
    assert reached[1][2] == "Español"
    assert tags.count("SUMMARY") == page.locator("summary").count() == 34
    expected = page.locator("a[href]:visible, summary:visible, [tabindex='0']:visible").count()
    assert len([tag for tag in tags if tag != "BODY"]) == expected
    assert {outline for tag, _, _, outline, _ in reached if tag != "BODY"} == {"solid"}


def test_the_skip_link_leads_past_the_head_and_enter_opens_a_detail(published_home: Path, opened: Opening) -> None:
    page = opened(place(published_home, "public", "en")).page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    details = page.locator("details").first
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    assert details.get_attribute("open") is not None
    assert details.locator("p").first.is_visible()


@everywhere
def test_headings_and_landmarks_are_in_order(
    published_home: Path, opened: Opening, edition: str, language: str
) -> None:
    page = opened(place(published_home, edition, language)).page
    levels = [int(tag[1]) for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => e.tagName)")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [page.locator(tag).count() for tag in ("header.top", "main", "footer", "nav")] == [1, 1, 1, 1]
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("table").count() == page.locator("table:has(th[scope=col]):has(th[scope=row])").count()
    n_pictures = 17 + (72 if edition == "staff" else 0)
    told = ("svg[role=img]", "svg[role=img] > title", "svg[role=img] > desc")
    assert [page.locator(found).count() for found in told] == [n_pictures] * 3


@everywhere
def test_a_phone_needs_no_scrolling_sideways(
    published_home: Path, opened: Opening, edition: str, language: str
) -> None:
    page = opened(place(published_home, edition, language), size=PHONE).page
    page.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    # what is drawn can be read: labels of the charts are not smaller than nine pixels
    heights = page.evaluate("[...document.querySelectorAll('.chart text')].map(t => t.getBoundingClientRect().height)")
    assert min(heights) >= 9


def test_without_java_script_all_is_there(published_home: Path, opened: Opening) -> None:
    page = opened(place(published_home, "public", "en"), java_script_enabled=False).page
    assert {key: Decimal(raw) for key, (raw, _) in figures_on(page).items()} == PUBLISHED
    page.locator("summary").first.click()
    assert page.locator("details p").first.is_visible()


def test_the_languages_lead_to_each_other(published_home: Path, opened: Opening) -> None:
    page = opened(place(published_home, "public", "en")).page
    page.get_by_role("link", name="Español").click()
    assert page.url == place(published_home, "public", "es").as_uri()
    assert page.locator("html").get_attribute("lang") == "es"
    page.get_by_role("link", name="English").click()
    assert page.url == place(published_home, "public", "en").as_uri()
    assert [link.get_attribute("hreflang") for link in page.locator("link[rel=alternate]").all()] == ["en", "es"]


@pytest.mark.parametrize("edition", ["public", "staff"])
def test_no_english_is_left_in_spanish(published_home: Path, opened: Opening, edition: str) -> None:
    page = opened(place(published_home, edition, "es")).page
    page.evaluate("document.querySelectorAll('[lang=en], .languages, style').forEach(found => found.remove())")
    text = re.sub(r"\s+", " ", str(page.evaluate("document.documentElement.textContent")))
    spoken = text + " ".join(
        page.evaluate("[...document.querySelectorAll('[aria-label]')].map(e => e.getAttribute('aria-label'))")
    )
    known = catalogue()
    english = {
        piece.strip()
        for key, translations in known.items()
        for piece in re.split(r"\{\w+\}", key)
        if len(piece.strip()) > 4 and piece.strip() not in " ".join(translations)
    }
    spanish = " ".join(text for translations in known.values() for text in translations)
    words = {piece for piece in english if not re.search(rf"\b{re.escape(piece)}\b", spanish)}
    assert len(words) > 140
    assert sorted(piece for piece in words if re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", spoken)) == []
    months = ("January", "September", " of ", " the ", " and ")
    assert [word for word in months if word in spoken] == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_in_print_all_17_stand_with_their_charts_and_details(
    published_home: Path, opened: Opening, tmp_path: Path, paper: str
) -> None:
    page = opened(place(published_home, "public", "en")).page
    pdf = tmp_path / "page.pdf"
    page.pdf(path=pdf, format=paper, print_background=True)
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf.read_bytes()))
    assert 8 <= pages <= 18
    page.emulate_media(media="print")
    # what is closed on screen is open on paper: every definition and every month
    assert page.locator("details[open]").count() == 0
    heights = page.evaluate("[...document.querySelectorAll('details > p, .months tr')].map(e => e.offsetHeight)")
    n_months = marts(
        published_home, f"select count(*) from indicator_values where {TO_DATE.replace('to_date', 'month')}"
    )
    assert len(heights) > n_months[0][0] == 17 * 27
    assert sorted(heights)[17] > 8, "only the heads of the 17 tables of months are left out"
    whole = page.evaluate(
        "[...document.querySelectorAll('.chart, .facts, tr')].map(e => getComputedStyle(e).breakInside)"
    )
    assert set(whole) == {"avoid"}
    assert [page.locator(found).first.is_visible() for found in (".skip", ".languages", ".downloads")] == [False] * 3


@everywhere
def test_the_page_is_light(published_home: Path, edition: str, language: str) -> None:
    assert place(published_home, edition, language).stat().st_size < MOST_BYTES[edition]


def test_a_link_to_how_it_is_counted_names_the_model_that_counts_it(published_home: Path) -> None:
    evidence = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts" / "indicators" / "evidence"
    assert {path.stem for path in evidence.glob("ind_*.sql")} == {f"ind_{key}" for key in PUBLISHED}
