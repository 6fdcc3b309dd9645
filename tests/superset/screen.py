"""What Superset shows on screen, read from the page as a person would read it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ("program-scorecard", "sector-funnel", "wages-and-job-quality", "who-is-served", "data-quality-by-partner")
#: High enough that no chart waits to be scrolled to.
VIEWPORT = {"width": 1500, "height": 2600}
#: A bound for a page that hangs: two cores that others use too render a dashboard in 6 to 20 s.
PATIENCE_MS = 120_000.0
#: Charts, and those of them that are done: a picture, a table with a row, or a figure.
_CHART = "[data-test=chart-grid-component]"
_DONE = ":is(canvas, tbody tr, .header-line)"


def logged_in(browser: Browser, base_url: str, user: str, password: str, scale: float = 1) -> Page:
    """A page of somebody who has logged in through the form."""
    page = browser.new_context(viewport=VIEWPORT, device_scale_factor=scale).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{base_url}/login/")
    page.locator("[data-test=username-input]").fill(user)
    page.locator("[data-test=password-input]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def open_dashboard(page: Page, base_url: str, slug: str) -> None:
    """Open a dashboard and wait until every chart of it is there."""
    page.goto(f"{base_url}/superset/dashboard/{slug}/?standalone=1")
    page.locator(_CHART).first.wait_for()
    wait_for_charts(page)


def wait_for_charts(page: Page) -> None:
    """Wait until nothing is loading and every chart shows something, or an error; then until bars stop growing."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        """([chart, done]) => {
            const charts = [...document.querySelectorAll(chart)];
            const busy = c => c.querySelector('.loading, [data-test=loading-indicator]') !== null
                || c.innerText.includes('Waiting on');
            const shows = c => c.querySelector(done + ', [role=alert]') || c.innerText.includes('No results');
            return charts.length > 0 && charts.every(c => !busy(c) && shows(c));
        }""",
        arg=[_CHART, _DONE],
        timeout=PATIENCE_MS,
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_500)  # ECharts draws its bars in a second; what a table shows does not move


def charts(page: Page) -> list[str]:
    """The titles of all charts, in reading order."""
    return [cast(str, chart.get_attribute("data-test-chart-name")) for chart in page.locator(_CHART).all()]


def broken_charts(page: Page) -> dict[str, str]:
    """What the charts say that show an error or nothing, by title."""
    said = {}
    for chart in page.locator(_CHART).all():
        alerts = [text for text in chart.locator("[role=alert], .ant-alert").all_inner_texts() if text.strip()]
        if alerts or chart.locator(_DONE).count() == 0 or "No results" in chart.inner_text():
            said[cast(str, chart.get_attribute("data-test-chart-name"))] = " ".join(alerts) or chart.inner_text()
    return said


def chart_titled(page: Page, title: str) -> Locator:
    """The one chart of that title."""
    return page.locator(f'{_CHART}[data-test-chart-name="{title}"]')


def number_on_screen(page: Page, title: str) -> str:
    """The figure of a chart that shows one."""
    return chart_titled(page, title).locator(".header-line").inner_text()


def table_on_screen(page: Page, title: str) -> list[dict[str, str]]:
    """The rows of a chart that is a table, by the headings of its columns."""
    # a table whose head stays in view is two for the browser
    read = chart_titled(page, title).evaluate(
        """chart => ({
            head: [...chart.querySelector('thead').querySelectorAll('th')].map(cell => cell.innerText.trim()),
            body: [...chart.querySelectorAll('tbody tr')].map(
                row => [...row.querySelectorAll('td')].map(cell => cell.innerText.trim())),
        })"""
    )
    return [dict(zip(read["head"], cells, strict=True)) for cells in read["body"] if len(cells) == len(read["head"])]


def colours_of(page: Page, title: str) -> set[str]:
    """The colours that fill a chart's bars, as #RRGGBB: those of more than one pixel in a hundred, grid apart."""
    found = (
        chart_titled(page, title)
        .locator("canvas")
        .evaluate(
            """canvas => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const pixels = {};
            for (let i = 0; i < data.length; i += 4) {
                const hex = [...data.slice(i, i + 3)].map(part => part.toString(16).padStart(2, '0')).join('');
                if (data[i + 3] === 255 && hex !== 'ffffff') pixels[hex] = (pixels[hex] || 0) + 1;
            }
            return Object.keys(pixels).filter(hex => pixels[hex] > data.length / 400);
        }"""
        )
    )
    return {f"#{colour.upper()}" for colour in found}


@contextmanager
def complaints(page: Page, base_url: str) -> Iterator[list[str]]:
    """What the browser's console says within the block, what was refused or failed, and who else was asked."""
    heard: list[str] = []

    def console(message: ConsoleMessage) -> None:
        heard.append(f"{message.type}: {message.text}")

    def answer(response: Response) -> None:
        if response.status >= 400:
            heard.append(f"{response.status} {response.request.method} {response.url}")

    def question(request: Request) -> None:
        if not request.url.startswith((f"{base_url}/", "data:", "blob:")):
            heard.append(f"asked {request.url}")

    page.on("console", console)
    page.on("response", answer)
    page.on("request", question)
    try:
        yield heard
    finally:
        page.remove_listener("console", console)
        page.remove_listener("response", answer)
        page.remove_listener("request", question)


def pick(page: Page, name: str, value: str) -> None:
    """Choose one value of a filter and apply it."""
    box = page.locator(f"[data-test='NATIVE_FILTER-{name.lower().replace(' ', '-')}']")
    box.locator(".ant-select-selector").click()
    box.locator("input").fill(value)
    page.locator(f".ant-select-item-option[title='{value}']").click()
    page.keyboard.press("Escape")
    button = page.locator("[data-test=filter-bar__apply-button]")
    expect(button).to_be_enabled()
    button.click()
    expect(button).to_be_disabled()
    wait_for_charts(page)


def figures_on_screen(page: Page, base_url: str) -> dict[str, str]:
    """The program's figure of each indicator to date, by indicator key, as the scorecard dashboard shows it.

    `page` is of somebody who has logged in. The texts are those of people: ``213``, ``$20.15``, ``100 %``, ``yes``.
    """
    open_dashboard(page, base_url, "program-scorecard")
    rows = table_on_screen(page, "All indicators")
    with (ROOT / "seeds" / "indicator_catalogue.csv").open(encoding="utf-8", newline="") as catalogue:
        keys = {row["name"]: row["indicator_key"] for row in csv.DictReader(catalogue)}
    return {keys[row["Indicator"]]: row["Value"] for row in rows}
