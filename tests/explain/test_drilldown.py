"""The drill-down for staff: in a real browser, without a word to any server, and never where others read."""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.drilldowns import StaffOnly, clear_drilldowns, write_for_staff
from hrtp.explain import explain
from hrtp.explain.page import MAX_ROWS, drilldown, write_drilldown
from hrtp.settings import Settings
from tests.canary import Canaries
from tests.explain.conftest import Change

ROWS = "#evidence tbody tr:not(.out):not(.away)"
STATUS = "#evidence [role=status]"


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback, and what it was asked for."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><body></body>")

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}/", came
    listening.shutdown()
    thread.join()
    listening.server_close()


class Seen:
    """A page that is open, and all that it asked for and complained about."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page, self.asked, self.said = page, list[str](), list[str]()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto(path.as_uri())


@pytest.fixture
def seen(browser: Browser, night: Settings) -> Iterator[Seen]:
    path = write_drilldown(night, explain(night, "placed_in_jobs"))
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield Seen(page, path)
    page.close()


def column(page: Page, number: int) -> list[str]:
    return [row.locator("td").nth(number).inner_text() for row in page.locator(ROWS).all()]


def test_it_asks_no_server_and_complains_of_nothing(seen: Seen) -> None:
    assert len(seen.asked) == 1
    assert seen.asked[0].startswith("file:")
    assert seen.said == []
    assert seen.page.locator(".staff").inner_text().startswith("For staff: holds person-level evidence")
    assert "147 persons" in seen.page.locator(".value").inner_text()


PROBE = """async (url) => {
    const image = new Image(); image.src = url + "image.png"; document.body.append(image);
    const script = document.createElement("script"); script.textContent = "window.broken = 1";
    document.body.append(script);
    await fetch(url + "fetched", {mode: "no-cors"}).catch(() => null);
    await new Promise((done) => { image.onload = image.onerror = done; setTimeout(done, 2000); });
    return window.broken === undefined;
}"""


def test_its_policy_lets_nothing_through_but_its_own_text(
    seen: Seen, browser: Browser, server: tuple[str, list[str]]
) -> None:
    url, came = server
    assert seen.page.evaluate(PROBE, url) is True
    assert came == []
    # where nothing forbids it, the same asks the server and runs
    page = browser.new_page()
    page.goto(url)
    assert page.evaluate(PROBE, url) is False
    assert {"/image.png", "/fetched"} <= set(came)
    page.close()


def test_rows_are_filtered_by_word_by_reason_and_by_the_links_of_the_summary(seen: Seen) -> None:
    page = seen.page
    assert page.locator(STATUS).inner_text() == "rows 1 to 100 of 202"
    page.locator("#left-out a", has_text="TRAINING_RELATED_UNKNOWN").click()
    assert page.locator(STATUS).inner_text() == "rows 1 to 5 of 5, out of 202"
    assert set(column(page, 4)) == {"TRAINING_RELATED_UNKNOWN"}
    page.locator("#counted a", has_text="healthcare").click()
    assert set(column(page, 5)) == {"healthcare"}
    assert len(column(page, 0)) == 39
    page.get_by_label("Source").last.select_option("")
    page.locator("#evidence input").fill("subsidized aerospace")
    assert page.locator(STATUS).inner_text().endswith("out of 202")
    assert 0 < len(column(page, 0)) < 10


def test_rows_are_sorted_and_paged_by_keyboard(seen: Seen) -> None:
    page = seen.page
    heading = page.locator("#evidence thead button", has_text="Row")
    heading.focus()
    page.keyboard.press("Enter")
    numbers = [int(text) for text in column(page, 7)]
    assert numbers == sorted(numbers)
    assert page.locator("#evidence thead th[aria-sort=ascending]").inner_text().startswith("Row")
    page.keyboard.press("Enter")
    down = [int(text) for text in column(page, 7)]
    assert down == sorted(down, reverse=True)
    assert down[0] > numbers[0]
    page.locator("#evidence .pager button", has_text="Next").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.locator(STATUS).inner_text() == "rows 201 to 202 of 202"
    assert page.locator("#evidence .pager button", has_text="Next").is_disabled()


def test_a_row_leads_to_its_file_with_contact_and_the_landed_bytes(seen: Seen, night: Settings) -> None:
    page = seen.page
    link = page.locator(f"{ROWS} td.file a").first
    name = link.inner_text()
    link.click()
    target = page.locator("tr:target")
    assert target.locator("td").first.inner_text() == name
    assert "@example.org" in target.inner_text()
    landed = page.evaluate("document.querySelector('tr:target td:last-child a').href")
    assert Path(landed.removeprefix("file://")).parent.parent == night.landing
    assert Path(landed.removeprefix("file://")).is_file()


def test_quarantined_rows_name_the_rule_and_its_cure(seen: Seen) -> None:
    text = seen.page.locator("#waiting").inner_text()
    assert "19 rows in quarantine" in text
    assert "KEY_CONFLICT" in text
    assert "Several rows share this key and differ." in text


def test_without_scripts_and_on_paper_every_row_is_there(seen: Seen, browser: Browser, night: Settings) -> None:
    seen.page.emulate_media(media="print")
    assert seen.page.locator("#evidence tbody tr").filter(visible=True).count() == 202
    assert not seen.page.locator("#evidence .controls").is_visible()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((night.drilldowns / "placed_in_jobs_all_2026-09-30.html").as_uri())
        assert page.locator("#evidence tbody tr").filter(visible=True).count() == 202
        assert not page.locator("#evidence .controls").is_visible()


@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing_serious(seen: Seen, width: int) -> None:
    seen.page.set_viewport_size({"width": width, "height": 900})
    found = Axe().run(seen.page).response["violations"]
    assert [(each["id"], each["impact"]) for each in found if each["impact"] in {"serious", "critical"}] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("indicator", ["median_placement_wage", "summer_youth_participants", "employer_partnerships"])
def test_other_kinds_of_figures_are_pages_as_well(browser: Browser, night: Settings, indicator: str) -> None:
    found = explain(night, indicator)
    page = browser.new_page()
    seen = Seen(page, write_drilldown(night, found))
    assert seen.said == []
    assert page.locator("#evidence tbody tr").count() == len(found.evidence)
    page.close()


def test_no_value_of_a_person_stands_on_any_page(night: Settings) -> None:
    for indicator in ("workers_enrolled", "placed_in_jobs", "median_placement_wage", "priority_population_pct"):
        write_drilldown(night, explain(night, indicator))
    search = Canaries(shipped=[]).search([night.drilldowns])
    assert search.n_files >= 4
    assert search.hits == frozenset()
    assert Canaries(shipped=[]).search([night.raw / "participants"]).hits


def test_the_same_marts_give_the_same_bytes(night: Settings, changed: Change) -> None:
    one, other = night, changed()
    texts = [drilldown(each, explain(each, "placed_in_jobs"), each.drilldowns) for each in (one, other)]
    assert texts[0] == texts[1]


def test_a_name_of_a_file_is_text_and_never_markup(changed: Change) -> None:
    settings = changed(
        "update load_reconciliation set file_name = '<script>alert(1)</script>' where source = 'healthcare'"
    )
    text = drilldown(settings, explain(settings, "placed_in_jobs"), settings.drilldowns)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_more_rows_than_a_browser_sorts_are_cut_and_said_so(night: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ROWS >= 10_000
    monkeypatch.setattr("hrtp.explain.page.MAX_ROWS", 50)
    text = drilldown(night, explain(night, "placed_in_jobs"), night.drilldowns)
    assert "The first 50 of 202 rows; hrtp explain --json has all." in text
    assert text.count('<td class="yes">') == 50


def test_it_is_written_for_us_alone(changed: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = changed()
    monkeypatch.setenv("HRTP_HOME", str(settings.home))
    monkeypatch.setenv("HRTP_PROJECT", str(settings.project))
    umask = os.umask(0)
    try:
        done = CliRunner().invoke(app, ["explain", "workers_enrolled", "--sector", "healthcare", "--html"])
    finally:
        os.umask(umask)
    path = settings.drilldowns / "workers_enrolled_healthcare_2026-09-30.html"
    assert done.exit_code == 0
    assert done.stdout == f"for staff: holds person-level evidence: {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (settings.drilldowns, path.parent)} == {0o700}


@pytest.mark.parametrize("below", ["staff", "published", "published/site", "published/site/docs", "data_docs"])
@pytest.mark.parametrize("way", ["straight", "dots", "link"])
def test_it_is_never_written_where_others_read(changed: Change, tmp_path: Path, below: str, way: str) -> None:
    settings = changed()
    folder = settings.home / below
    folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "link").symlink_to(folder)
    ways = {"straight": folder, "dots": settings.drilldowns / ".." / below, "link": tmp_path / "link"}
    before = sorted(path for path in settings.home.rglob("*") if path.is_file())
    with pytest.raises(StaffOnly, match="which others read"):
        write_drilldown(settings, explain(settings, "workers_enrolled"), ways[way] / "page.html")
    assert sorted(path for path in settings.home.rglob("*") if path.is_file()) == before


def test_a_link_at_the_end_is_replaced_and_never_followed(changed: Change, tmp_path: Path) -> None:
    settings = changed()
    public = settings.published / "index.html"
    public.write_text("for everybody")
    (tmp_path / "page.html").symlink_to(public)
    write_for_staff(settings, b"for staff", tmp_path / "page.html")
    assert public.read_text() == "for everybody"
    assert (tmp_path / "page.html").read_text() == "for staff"


def test_a_target_that_is_no_file_is_refused(changed: Change, tmp_path: Path) -> None:
    settings = changed()
    with pytest.raises(StaffOnly, match="folder"):
        write_for_staff(settings, b"", tmp_path)
    with pytest.raises(StaffOnly, match="no folder"):
        write_for_staff(settings, b"", tmp_path / "nowhere" / "page.html")


def test_clearing_takes_every_page_and_leaves_what_links_lead_to(changed: Change, tmp_path: Path) -> None:
    settings = changed()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").write_text("x")
    write_drilldown(settings, explain(settings, "workers_enrolled"))
    (settings.drilldowns / "link").symlink_to(tmp_path / "other")
    clear_drilldowns(settings)
    assert list(settings.drilldowns.iterdir()) == []
    assert (tmp_path / "other" / "kept").exists()


def test_links_are_relative_so_the_page_may_move_with_the_home(night: Settings) -> None:
    text = drilldown(night, explain(night, "placed_in_jobs"), night.drilldowns)
    links = re.findall(r'href="([^#"]*landing[^"]*)"', text)
    assert links
    assert all(link.startswith("../landing/") for link in links)
