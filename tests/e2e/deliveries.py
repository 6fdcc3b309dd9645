"""What the end-to-end test of Airflow delivers: sources whose slots do not come up, a broken file, one to be held."""

from __future__ import annotations

import csv
import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HELD_NAME = "services_20260930_02.csv"
#: The 30th of February: no slot may come up while the test runs and start a run that it did not ask for.
LEAP_DAY = "0 0 29 2 *"


def without_slots(project: Path) -> Path:
    """The checkout, with sources whose slots are leap days."""
    (project / "sources").mkdir(parents=True)
    for path in CHECKOUT.iterdir():
        if path.name != "sources" and not path.name.startswith("."):
            (project / path.name).symlink_to(path)
    for path in (CHECKOUT / "sources").glob("*.yml"):
        text, replaced = re.subn(r"(?m)^schedule: .*$", f'schedule: "{LEAP_DAY}"', path.read_text(encoding="utf-8"))
        assert replaced == 1
        (project / "sources" / path.name).write_text(text, encoding="utf-8")
    return project


def deliver_broken_file(folder: Path) -> None:
    """A newer export of the enrollments whose header and last row were cut in the transfer."""
    newest = sorted(folder.glob("enrollments_*.csv"))[-1]
    text = newest.read_text(encoding="utf-8")
    header, _, rows = text.partition("\n")
    cut = header[: len(header) // 2] + "\n" + rows[: len(rows) // 2]
    newest.with_name(f"{newest.stem}_02.csv").write_text(cut, encoding="utf-8")


def deliver_file_to_be_held(folder: Path) -> None:
    """The services of the same day once more, every tenth of them of a kind that nobody knows."""
    with (folder / "services_20260930.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    kind = header.index("service_type")
    for row in rows[::10]:
        row[kind] = "yacht"
    with (folder / HELD_NAME).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def with_slots(project: Path) -> None:
    """Give the sources their own slots back, as people know them."""
    for path in (CHECKOUT / "sources").glob("*.yml"):
        (project / "sources" / path.name).write_bytes(path.read_bytes())
