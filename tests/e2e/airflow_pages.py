"""Airflow's web page as a person sees it, in headless Chromium: what stands there, and pictures for the README."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from orchestration.cluster import LocalAirflow
from playwright.sync_api import Browser, Page

#: Milliseconds: a busy machine takes its time to draw a page.
PATIENCE = 90_000
#: Until what moves has come to rest.
SETTLE = 1_500
WIDTH = 1400


@dataclass
class Seen:
    """Text of each page that was looked at, by name, and what the browser complained of."""

    texts: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@contextmanager
def browser_page(browser: Browser, airflow: LocalAirflow, seen: Seen) -> Iterator[Page]:
    """A page of a browser that is logged in."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": 900}, color_scheme="light", timezone_id="America/Los_Angeles"
    )
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.goto(airflow.url)
    page.get_by_label("Username").fill("admin")
    page.locator("input[type=password]").fill(airflow.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    yield page
    page.close()


def look(browser: Browser, airflow: LocalAirflow, pictures: Path, source: str, run_id: str) -> Seen:
    """Look at the pages that people use, and take a picture of each.

    Args:
        browser: to look with.
        airflow: that runs.
        pictures: folder for ``dags.png``, ``ingest.png``, ``docs.png``, ``warehouse.png``, ``note.png``,
            ``assets.png``, ``manual.png``.
        source: whose ingest is looked at.
        run_id: of the warehouse's run that is looked at.
    """
    seen = Seen()
    pictures.mkdir(parents=True, exist_ok=True)
    with browser_page(browser, airflow, seen) as page:

        def sized(height: int) -> None:
            page.set_viewport_size({"width": WIDTH, "height": height})
            page.wait_for_timeout(SETTLE)

        def take(name: str) -> None:
            page.wait_for_timeout(SETTLE)
            seen.texts[name] = page.locator("body").inner_text()
            page.screenshot(path=pictures / f"{name}.png")

        sized(1080)
        page.goto(f"{airflow.url}/dags?limit=25")
        page.get_by_label("Show table view").click()
        page.get_by_text("Warehouse: count and publish").first.wait_for()
        take("dags")
        sized(640)

        page.goto(f"{airflow.url}/dags/warehouse/runs/{quote(run_id, safe='')}")
        page.get_by_text("targets met").first.wait_for()
        take("note")
        sized(660)
        page.get_by_label("Show Graph").click()
        page.get_by_label("Collapse Details Panel").click()
        _whole_graph(page, "Tell people")
        take("warehouse")

        page.goto(f"{airflow.url}/dags/ingest_{source}")
        _whole_graph(page, "Ask a person about held files")
        take("ingest")
        sized(900)
        page.get_by_label("Dag Docs").click()
        page.get_by_text("Answers for the files").first.wait_for()
        _enlarge(page)
        take("docs")
        sized(700)
        # a click as a person clicks: the link opens a page of its own
        link = page.get_by_role("link", name="runbook").first
        page.goto(f"{airflow.url}{urlsplit(str(link.evaluate('a => a.href'))).path}")
        page.get_by_text("What a red run means.").first.wait_for()
        take("manual")
        sized(820)

        page.goto(f"{airflow.url}/assets")
        page.get_by_text("data loaded").first.wait_for()
        take("assets")
    return seen


def _whole_graph(page: Page, last: str) -> None:
    """Open every group and fit the graph, until the task called ``last`` is in sight."""
    page.get_by_label("Expand all task groups").click()
    page.get_by_text(last).first.wait_for()
    page.wait_for_timeout(SETTLE)
    page.get_by_label("Fit View").click()


def _enlarge(page: Page) -> None:
    """Draw the dialog at its lower right corner until all of it is seen."""
    page.wait_for_timeout(SETTLE)
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    right, bottom = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    page.mouse.move(right, bottom)
    page.mouse.down()
    page.mouse.move(right + 300, bottom + 290, steps=10)
    page.mouse.up()
