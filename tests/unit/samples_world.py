"""Sample exports written once for all tests of them, and plain readers that share no code with the loader."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import load_workbook

from hrtp.samples import SampleManifest, generate
from hrtp.sources import SourceConfig, load_sources

PROJECT = Path(__file__).resolve().parents[2]
_FOLDERS: list[TemporaryDirectory[str]] = []

#: What the County publishes for this project.
PUBLISHED = {
    "workers_enrolled": "213",
    "workers_completed": "158",
    "summer_youth_participants": "0",
    "programs_developed": "2",
    "partners_committed": "5",
    "provider_contracts": "6",
    "placed_in_jobs": "147",
    "apprenticeship_portal_launched": "1",
    "apprenticeship_hub_contracted": "1",
    "sector_strategies": "2",
    "employer_partnerships": "58",
    "comprehensive_reports": "4",
    "high_road_completed": "158",
    "priority_population_pct": "100",
    "supportive_services_recipients": "190",
    "median_placement_wage": "20.15",
    "placed_in_apprenticeships": "54",
}


@cache
def world(scale: int = 1, seed: int = 1, form: str = "declared") -> tuple[Path, SampleManifest]:
    """The exports of these arguments and their manifest; written once a test process."""
    folder = TemporaryDirectory(prefix="hrtp-samples-")
    _FOLDERS.append(folder)  # removed when the process ends
    out = Path(folder.name) / "exports"
    return out, generate(out, scale=scale, seed=seed, form=form, project=PROJECT)


@cache
def sources() -> dict[str, SourceConfig]:
    """The project's sources."""
    return load_sources(PROJECT)


def csv_rows(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[list[str]]:
    """All records of a CSV file, the header first."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


def sheet_rows(path: Path, sheet: str) -> list[tuple[object, ...]]:
    """All rows of a sheet, the header first; of the workbook inside where ``path`` is a zip of one."""
    data = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            data = archive.read(archive.namelist()[0])
    return list(load_workbook(io.BytesIO(data), read_only=True)[sheet].iter_rows(values_only=True))


def canonical(entity: str, scale: int = 1, seed: int = 1) -> Iterator[dict[str, str]]:
    """Rows of an entity from the newest canonical file of every source that is no delta, with ``source``."""
    out, _ = world(scale, seed, "canonical")
    for source in sources():
        path = out / source / f"{entity}_20260930.csv"
        if path.exists():
            header, *rows = csv_rows(path)
            yield from ({"source": source, **dict(zip(header, row, strict=False))} for row in rows)
