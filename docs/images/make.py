"""Make the pictures of the docs from a night that has run: `python docs/images/make.py HRTP_HOME`.

Needs Chromium on the path, and LibreOffice and poppler for the feedback workbook. Airflow is started on loopback and
stopped again. `--only-feedback`, `--only-dashboards` and `--no-dags` make fewer. The dashboards want PostgreSQL and the
BI server's environment (`make superset/.venv/.synced`).
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from orchestration.cluster import LocalAirflow  # noqa: E402

from hrtp.scorecard import render  # noqa: E402
from hrtp.settings import load_settings  # noqa: E402

HERE = Path(__file__).resolve().parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def scorecard(home: Path, browser: Browser) -> None:
    """The table as a terminal shows it."""
    console = Console(record=True, width=150, file=io.StringIO())
    console.print(render(load_settings(home=home)))
    # the fonts that the drawing would fetch from elsewhere are left out
    drawing = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="hrtp scorecard"), flags=re.DOTALL)
    page = browser.new_page(viewport={"width": 1850, "height": 900})
    page.set_content(f"<style>* {{ font-family: 'DejaVu Sans Mono', monospace !important }}</style>{drawing}")
    page.locator("svg").screenshot(path=HERE / "scorecard.png")


def dags(home: Path, browser: Browser) -> None:
    """The list of DAGs in Airflow's web page."""
    with LocalAirflow(home, ROOT) as airflow:
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.goto(airflow.url)
        page.get_by_label("Username").fill("admin")
        page.locator("input[type=password]").fill(airflow.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "login" not in url)
        page.goto(f"{airflow.url}/dags?limit=25")
        page.get_by_text("warehouse").first.wait_for()
        page.wait_for_timeout(4000)
        page.screenshot(path=HERE / "dags.png")


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
    page.screenshot(path=HERE / f"dashboard_{slug.replace('-', '_')}.png", clip=clip)


if __name__ == "__main__":
    if "--only-feedback" in sys.argv:
        sys.exit(feedback(Path(sys.argv[1])))
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("make.py: Chromium is not on the path; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        if "--only-dashboards" in sys.argv:
            sys.exit(dashboards(Path(sys.argv[1]), window))
        scorecard(Path(sys.argv[1]), window)
        feedback(Path(sys.argv[1]))
        if "--no-dags" not in sys.argv:
            dags(Path(sys.argv[1]), window)
        dashboards(Path(sys.argv[1]), window)
        window.close()
