"""Make the pictures of the docs from a night that has run: `python docs/images/make.py HRTP_HOME`.

Needs Chromium on the path, and LibreOffice and poppler for the feedback workbook; the dashboards want PostgreSQL, the
BI server's environment (`make superset/.venv/.synced`) and pngquant. `--only-feedback`, `--only-terminal` and
`--only-dashboards` make fewer. The pictures of Airflow are made by the test that looks at its pages:
`HRTP_TEST_PICTURES=docs/images python -m pytest tests/e2e/test_airflow_real.py`.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page
from rich.console import Console, RenderableType

from hrtp.explain import explain
from hrtp.explain.page import write_drilldown
from hrtp.explain.terminal import explanation_view
from hrtp.scorecard import render
from hrtp.settings import Settings, load_settings
from hrtp.status import source_states, status_view

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the dashboards are shown by what tests start


def terminal(home: Path, browser: Browser) -> None:
    """What three commands say in a terminal of 140 columns."""
    settings = load_settings(home=home)
    views: dict[str, RenderableType] = {
        "scorecard": render(settings),
        "status": status_view(source_states(settings)),
        "explain": explanation_view(explain(settings, "placed_in_jobs"), 6),
    }
    for name, view in views.items():
        console = Console(record=True, width=140, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        console.print(view)
        # the fonts that the drawing would fetch from elsewhere are left out
        drawing = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title=f"hrtp {name}"), flags=re.DOTALL)
        page = browser.new_page(viewport={"width": 1750, "height": 900})
        page.set_content(f"<style>* {{ font-family: 'DejaVu Sans Mono', monospace !important }}</style>{drawing}")
        page.locator("svg").screenshot(path=HERE / f"{name}.png")
        page.close()


def staff_page(settings: Settings, browser: Browser) -> None:
    """The top of the drill-down of one figure."""
    page = browser.new_page(viewport={"width": 1400, "height": 1150})
    page.goto(write_drilldown(settings, explain(settings, "placed_in_jobs")).as_uri())
    page.screenshot(path=HERE / "drilldown.png")
    page.close()


def pages(home: Path, browser: Browser) -> None:
    """The scorecard page: the public's at a desk and on a phone in Spanish, and the staff's."""
    site = home / "published" / "site"
    shots = (
        ("page_public", site / "index.html", "", 1000, 1330),
        ("page_spanish", site / "es" / "index.html", "", 360, 1300),
        ("page_staff", home / "staff" / "index.html", "by-sector", 1000, 1130),
    )
    for name, path, place, width, height in shots:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{path.absolute().as_uri()}#{place}")
        page.screenshot(path=HERE / f"{name}.png")
        context.close()


def feedback(home: Path) -> None:
    """The first two sheets of the healthcare partner's feedback, as a spreadsheet program prints them."""
    (book,) = (home / "feedback" / "healthcare").glob("healthcare_*_feedback.xlsx")
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        office = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", folder, str(book)]
        subprocess.run(office, check=True, capture_output=True)
        for page, name, crop in ((1, "feedback", (30, 40, 1000, 815)), (2, "feedback_rows", (30, 40, 1150, 200))):
            x, y, width, height = map(str, crop)
            area = ["-x", x, "-y", y, "-W", width, "-H", height]
            image = ["pdftoppm", "-png", "-singlefile", "-r", "110", "-f", str(page), *area]
            subprocess.run([*image, f"{folder}/{book.stem}.pdf", str(HERE / name)], check=True)


def dashboards(home: Path, browser: Browser) -> None:
    """The five dashboards, as the BI server shows the night to a manager."""
    from tests.postgres import running_postgres
    from tests.superset.screen import DASHBOARDS, logged_in
    from tests.superset.server import MANAGER, running_superset

    from hrtp.bi import publish_to_postgres

    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder)) as postgres:
        publish_to_postgres(postgres.settings(home=home))
        work = Path(folder) / "superset"
        work.mkdir()
        with running_superset(work, postgres) as superset:
            page = logged_in(browser, superset.url, MANAGER, superset.passwords[MANAGER], scale=0.9)
            for slug in DASHBOARDS:
                dashboard(page, superset.url, slug)


def dashboard(page: Page, base_url: str, slug: str) -> None:
    """One of them, down to its last chart."""
    from tests.superset.screen import VIEWPORT, open_dashboard

    open_dashboard(page, base_url, slug)
    bottom = page.locator("[data-test=chart-grid-component]").evaluate_all(
        "charts => Math.max(...charts.map(chart => chart.getBoundingClientRect().bottom))"
    )
    clip = {"x": 0, "y": 0, "width": VIEWPORT["width"], "height": min(bottom + 40, VIEWPORT["height"])}
    picture = HERE / f"dashboard_{slug.replace('-', '_')}.png"
    page.screenshot(path=picture, clip=clip)
    # flat colours: a palette is a third of the bytes and looks the same
    subprocess.run(
        ["pngquant", "--nofs", "--strip", "--force", "--output", str(picture), "64", str(picture)], check=True
    )


if __name__ == "__main__":
    if "--only-feedback" in sys.argv:
        sys.exit(feedback(Path(sys.argv[1])))
    from tests.chromium import chromium

    with chromium() as window:
        if "--only-dashboards" in sys.argv:
            sys.exit(dashboards(Path(sys.argv[1]), window))
        terminal(Path(sys.argv[1]), window)
        staff_page(load_settings(home=Path(sys.argv[1])), window)
        if "--only-terminal" not in sys.argv:
            pages(Path(sys.argv[1]), window)
            feedback(Path(sys.argv[1]))
            dashboards(Path(sys.argv[1]), window)
