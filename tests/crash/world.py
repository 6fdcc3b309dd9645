"""What the partners deliver on two nights: full exports, deltas, a workbook; good and bad rows, a broken file, a
correction, bytes that came before."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl

from hrtp.samples import generate

#: Sources of the world, in the order in which a night takes them in.
SOURCES = ("construction", "creative_economy", "deo_program_office", "healthcare")

_FIRST = {
    "construction": (
        "participants_20260831.csv",
        "enrollments_20260831.csv",
        "placements_20260831.csv",
        "partners_20260831.csv",
    ),
    "creative_economy": ("participants_changes_20260331.csv", "enrollments_changes_20260331.csv"),
    "deo_program_office": ("contracts_20260930.csv", "deliverables_20260930.csv"),
    "healthcare": (),
}
_SECOND = {
    "construction": (
        "participants_20260930.csv",
        "enrollments_20260930.csv",
        "placements_20260930.csv",
        "partners_20260930.csv",  # the bytes of August
    ),
    "creative_economy": (
        "participants_changes_20260630.csv",
        "enrollments_changes_20260630.csv",
        "services_changes_20260331.csv",
    ),
}
_WORKBOOK = "HRTP Healthcare Export 20260930.xlsx"


def deliver(folder: Path) -> None:
    """Write what lies in the partners' folders on the first night (``first``) and on the second (``second``)."""
    samples = folder / "samples"
    generate(samples, scale=1, seed=1)
    for source, names in _FIRST.items():
        (folder / "first" / source).mkdir(parents=True)
        for name in names:
            shutil.copy(samples / source / name, folder / "first" / source / name)
    shutil.copytree(folder / "first", folder / "second")
    second = folder / "second"
    for source, names in _SECOND.items():
        for name in names:
            shutil.copy(samples / source / name, second / source / name)
    construction = second / "construction"
    # a correction of an export of the same day: its last row is gone
    lines = (construction / "enrollments_20260930.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (construction / "enrollments_20260930_02.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    (construction / "services_20260930.csv").write_text("<html>please log in</html>", encoding="utf-8")
    book = openpyxl.load_workbook(samples / "healthcare" / _WORKBOOK)
    for sheet in book.sheetnames[2:]:
        del book[sheet]
    book.save(second / "healthcare" / _WORKBOOK)
    shutil.rmtree(samples)
