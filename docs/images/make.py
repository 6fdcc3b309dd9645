"""Make the pictures of the docs from a night that has run: `python docs/images/make.py HRTP_HOME`.

Needs Chromium on the path, and LibreOffice and poppler for the feedback workbook. `--only-feedback` makes fewer. The
pictures of Airflow are made by the test that looks at its pages:
`HRTP_TEST_PICTURES=docs/images python -m pytest tests/e2e/test_airflow_real.py`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from hrtp.scorecard import render
from hrtp.settings import load_settings

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


if __name__ == "__main__":
    if "--only-feedback" in sys.argv:
        sys.exit(feedback(Path(sys.argv[1])))
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("make.py: Chromium is not on the path; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        scorecard(Path(sys.argv[1]), window)
        feedback(Path(sys.argv[1]))
        window.close()
