"""What the plan says the figures are, and what the loader must make of every file; never read from any output."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

from hrtp.samples import register
from hrtp.samples.people import Outcome
from hrtp.samples.programs import DEVELOPED, EXPANDED
from hrtp.samples.rows import AS_OF, SECTORS
from hrtp.samples.wages import median

#: indicator key: sector (or ``all``): value.
Figures = dict[str, dict[str, Decimal | None]]
#: Bad rows that a manifest holds; beyond, they are counted here and all listed in the truth's own file.
MAX_KEPT_BAD_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class BadRow:
    """A planted bad row and the rule that must catch it. ``row_number`` counts as a spreadsheet shows rows."""

    source: str
    entity: str
    file_name: str
    row_number: int
    rule_id: str
    column: str | None


@dataclass
class ExpectedLoad:
    """What must become of one entity of one file: ``rows_in = loaded + quarantined + duplicate + blank``."""

    source: str
    entity: str
    file_name: str
    data_through: str
    rows_in: int = 0
    loaded: int = 0
    quarantined: int = 0
    duplicate: int = 0
    blank: int = 0


@dataclass(frozen=True)
class SampleFile:
    """A file written: its path below the output folder, and its content's SHA-256."""

    source: str
    path: str
    sha256: str
    size: int


@dataclass
class SampleManifest:
    """What was written and what it amounts to.

    ``figures`` holds every indicator for ``all`` and, where its grain allows, each sector; USD an hour for the median
    wage, percent for the priority population, else counts. ``companions`` holds figures beside the seventeen.
    """

    scale: int
    seed: int
    form: str
    as_of: str = AS_OF.isoformat()
    figures: Figures = field(default_factory=dict)
    companions: dict[str, dict[str, Decimal | None]] = field(default_factory=dict)
    loads: list[ExpectedLoad] = field(default_factory=list)
    files: list[SampleFile] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    bad_row_counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def write(self, path: Path) -> None:
        """Write as JSON; numbers are text, so that none is rounded."""
        document = asdict(self)
        document["bad_row_counts"] = [
            {"source": s, "entity": e, "rule_id": r, "rows": n} for (s, e, r), n in sorted(self.bad_row_counts.items())
        ]
        path.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")


class BadRowLog:
    """Collects bad rows: the first into the manifest, all into a CSV file where one is asked for."""

    def __init__(self, manifest: SampleManifest, path: Path | None) -> None:
        self._manifest = manifest
        self._file = None if path is None else path.open("w", encoding="utf-8", newline="")
        self._writer = None if self._file is None else csv.writer(self._file, lineterminator="\n")
        if self._writer is not None:
            self._writer.writerow(("source", "entity", "file_name", "row_number", "rule_id", "column"))

    def add(self, bad: BadRow) -> None:
        """Note one bad row."""
        self._manifest.bad_row_counts[bad.source, bad.entity, bad.rule_id] += 1
        if len(self._manifest.bad_rows) < MAX_KEPT_BAD_ROWS:
            self._manifest.bad_rows.append(bad)
        if self._writer is not None:
            self._writer.writerow(
                (bad.source, bad.entity, bad.file_name, bad.row_number, bad.rule_id, bad.column or "")
            )

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


class Tally:
    """Adds up outcomes; holds counts and wages by value, never persons."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._wages: dict[str, Counter[Decimal]] = {sector: Counter() for sector in ("all", *SECTORS)}

    def add(self, outcome: Outcome) -> None:
        """Count one person: once in the total and once in each sector."""
        for key, sectors in (
            ("workers_enrolled", outcome.enrolled),
            ("workers_completed", outcome.completed),
            ("high_road_completed", outcome.high_road),
            ("supportive_services_recipients", outcome.supported),
            ("placed_in_jobs", set(outcome.placed)),
            ("placed_in_apprenticeships", outcome.apprenticed),
            ("priority_strict", outcome.enrolled if outcome.target_population else set()),
        ):
            self._counts[key].update(sectors)
            self._counts[key]["all"] += bool(sectors)
        if outcome.first_wage is not None:
            self._wages["all"][outcome.first_wage] += 1
        if outcome.placed:
            self._counts["wages_missing"]["all"] += outcome.first_wage is None
        for sector, wage in outcome.placed.items():
            if wage is None:
                self._counts["wages_missing"][sector] += 1
            else:
                self._wages[sector][wage] += 1

    def figures(self) -> Figures:
        """The seventeen."""
        figures: Figures = {
            key: _by_sector(self._counts[key])
            for key in (
                "workers_enrolled",
                "workers_completed",
                "high_road_completed",
                "supportive_services_recipients",
                "placed_in_jobs",
                "placed_in_apprenticeships",
            )
        }
        enrolled = self._counts["workers_enrolled"]
        figures["priority_population_pct"] = {
            sector: Decimal(100) if enrolled[sector] else None for sector in ("all", *SECTORS)
        }
        figures["median_placement_wage"] = {sector: median(wages) for sector, wages in self._wages.items()}
        return figures | _registers()

    def companions(self) -> dict[str, dict[str, Decimal | None]]:
        """Persons of the three target populations alone; first qualifying placements without a wage."""
        return {key: _by_sector(self._counts[key]) for key in ("priority_strict", "wages_missing")}


def _by_sector(counts: Counter[str]) -> dict[str, Decimal | None]:
    return {sector: Decimal(counts[sector]) for sector in ("all", *SECTORS)}


def _registers() -> Figures:
    """Figures that do not grow with people."""
    programs = Counter((EXPANDED[0], DEVELOPED[0]))
    strategies = register.STRATEGIES_BY_SECTOR
    return {
        "summer_youth_participants": {"all": Decimal(0)},
        "programs_developed": _with_total(programs, sum(programs.values())),
        "partners_committed": _with_total(register.PARTNERS_BY_SECTOR, register.PARTNERS),
        "provider_contracts": {"all": Decimal(register.PROVIDER_CONTRACTS)},
        "sector_strategies": _with_total(strategies, sum(strategies.values())),
        "employer_partnerships": _with_total(register.PARTNERSHIPS, sum(register.PARTNERSHIPS.values())),
        "comprehensive_reports": {"all": Decimal(register.REPORTS)},
        "apprenticeship_portal_launched": {"all": Decimal(1)},
        "apprenticeship_hub_contracted": {"all": Decimal(1)},
    }


def _with_total(counts: dict[str, int] | Counter[str], total: int) -> dict[str, Decimal | None]:
    figures: dict[str, Decimal | None] = {sector: Decimal(counts.get(sector, 0)) for sector in SECTORS}
    return figures | {"all": Decimal(total)}
