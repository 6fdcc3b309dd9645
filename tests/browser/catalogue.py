"""Every text that the page may show, gathered from where it is written: templates, code and seeds."""

from __future__ import annotations

import csv
from pathlib import Path

from babel.messages.extract import extract_from_dir

from hrtp.page import phrases, view

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "src" / "hrtp" / "page"
#: Columns of the seeds that the page shows.
SEEDS = {
    "indicator_catalogue.csv": ("name", "definition", "unknown_definition"),
    "companion_catalogue.csv": ("name", "definition"),
    "sectors.csv": ("name",),
    "goal_tree.csv": ("title",),
}


def page_texts() -> set[str]:
    """Texts of the templates and of the code, singulars where they count."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    keywords = {"_": None, "text": None, "count": (1, 2)}
    found = set()
    for _, _, message, _, _ in extract_from_dir(PAGE, methods, keywords=keywords):
        found.add(message[0] if isinstance(message, tuple) else message)
    return found | {*phrases.tabled(), *view.tabled()}


def seed_texts(seeds: Path = ROOT / "seeds") -> dict[str, str]:
    """Texts of the seeds -> the file and row where they stand."""
    found: dict[str, str] = {}
    for name, columns in SEEDS.items():
        with (seeds / name).open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                if name == "goal_tree.csv" and row["node_type"] != "objective":
                    continue
                if name == "companion_catalogue.csv" and row["companion_key"] in {"sectors_covered"}:
                    continue
                for column in columns:
                    if row[column]:
                        found.setdefault(row[column], f"seeds/{name}: {next(iter(row.values()))}.{column}")
    return found


def every_text() -> set[str]:
    """All of them."""
    return page_texts() | set(seed_texts())
