"""A partner's folder, a deployment, and a look into the feedback as the clerk has it."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from hrtp.feedback import FeedbackResult, write_feedback
from hrtp.ingest import IngestResult, ingest, source_config
from hrtp.settings import Settings, load_settings

PROJECT = Path(__file__).resolve().parents[2]
AS_OF = date(2026, 9, 30)
SERVICES_HEADER = "service_id,participant_id,service_type,service_date,amount"


@dataclass(frozen=True)
class Opened:
    """One feedback file, opened: texts of the first sheet, rows of the others, and the CSV."""

    path: Path
    start: list[str]
    fix: list[dict[str, Any]]
    look: list[dict[str, Any]]
    flat: list[dict[str, str]]

    def said(self, label: str) -> str:
        """What stands beside a label of the first sheet."""
        return self.start[self.start.index(label) + 1]


class Desk:
    """One deployment with partners' folders; a project of its own where a source's YAML is changed."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.exports = folder / "exports"
        project = PROJECT
        if changes:
            project = folder / "project"
            project.mkdir()
            for name in ("expectations", "seeds", "dbt_project"):
                (project / name).symlink_to(PROJECT / name)
            shutil.copytree(PROJECT / "sources", project / "sources")
            for source, more in changes.items():
                path = project / "sources" / f"{source}.yml"
                path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | more, sort_keys=False))
        self.settings: Settings = load_settings(
            home=folder / "home", exports=self.exports, as_of=AS_OF, project=project, data_desk="desk@example.org"
        )

    def drop(self, name: str, content: str | bytes, source: str = "construction") -> None:
        path = self.exports / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def ingest(self, source: str = "construction") -> IngestResult:
        return ingest(source_config(source, self.settings), self.settings)

    def feedback(self, source: str = "construction") -> FeedbackResult:
        return write_feedback(source, self.settings)

    def files(self, source: str = "construction") -> dict[str, bytes]:
        folder = self.settings.feedback / source
        return {path.name: path.read_bytes() for path in sorted(folder.glob("[!.]*"))}

    def night(self, source: str = "construction") -> list[Opened]:
        """Ingest and feedback; every feedback file, opened, by name."""
        self.ingest(source)
        result = self.feedback(source)
        return [opened(path) for path in sorted(result.files) if path.suffix == ".xlsx"]

    def overview(self, source: str = "construction") -> list[tuple[str, str, str]]:
        """(status's first word, file, newer file) a line."""
        text = self.files(source)["feedback_overview.csv"].decode("utf-8-sig")
        return [
            (row["Status"].split(":")[0], row["Your file"], row["Newer file"])
            for row in csv.DictReader(io.StringIO(text))
        ]


def opened(path: Path) -> Opened:
    """Open a workbook and the CSV beside it."""
    book = openpyxl.load_workbook(path)
    start = [str(cell) for row in book["Start here"].iter_rows(values_only=True) for cell in row if cell is not None]
    text = path.with_suffix(".csv").read_bytes().decode("utf-8-sig")
    return Opened(
        path,
        start,
        sheet_rows(book["Rows to fix"]),
        sheet_rows(book["Worth a look"]),
        list(csv.DictReader(io.StringIO(text))),
    )


def sheet_rows(sheet: Any) -> list[dict[str, Any]]:
    """Rows under the header as dictionaries; a sheet that says that there is nothing has none."""
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows if "Rule" in header and row[header.index("Rule")]]


def services(*rows: str, header: str = SERVICES_HEADER) -> str:
    """A services export."""
    return "\n".join([header, *rows]) + "\n"


def good(count: int, start: int = 0) -> list[str]:
    """Rows without fault."""
    return [f"S{number},P1,housing,2026-05-01,{number}" for number in range(start, start + count)]
