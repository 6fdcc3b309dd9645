"""Random canonical exports of all nine sources, dense in edge cases, to compare the warehouse and the oracle on.

Everything is drawn from one seed. Dates crowd around boundaries, people come back under other ids and in other
sources, flags are blank as often as not, parents are missing, partners withdraw and return.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from tests.oracle import SECTORS, Source

AJCCS = ("ajcc_la_county", "ajcc_south_bay")
OFFICE = "deo_program_office"
SEEDS = Path(__file__).resolve().parents[2] / "seeds"
FIRST_DAY, DAYS = date(2025, 6, 1), 560
EMPLOYERS = ("Harbor Works, Inc.", "HARBOR WORKS", "Harbor-Works LLC", "Bright & Co", "Bright and Company", "Sol Aero")
EINS = (None, "95-1234567", "95-7654321")
STATUSES = ("active", "completed", "withdrawn", "applied", "waitlisted", "no_show", "cancelled")
Record = dict[str, str | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Human:
    """Somebody as they are; sources know parts of it."""

    first: str
    last: str
    born: str
    ssn: str
    state_id: str


def later(start: date, random: Random, most: int = 200) -> str:
    return str(start + timedelta(days=random.randrange(most)))


class Exports:
    """One world. `sources` is what the partners deliver."""

    def __init__(self, seed: int, people: int = 90) -> None:
        self.random = Random(seed)
        with (SEEDS / "tract_priority.csv").open(newline="") as file:
            self._tracts = [row["tract_geoid"] for row in csv.DictReader(file)]
        with (SEEDS / "zip_tract.csv").open(newline="") as file:
            self._zips = sorted({row["zip"] for row in csv.DictReader(file)})
        self._humans = [self._human(number) for number in range(people)]
        self._serial = 0
        self._intermediary_enrollments: list[tuple[Human, str]] = []
        self.sources = [
            *(self._intermediary(sector) for sector in SECTORS),
            *(self._ajcc(name) for name in AJCCS),
            self._office(),
        ]

    def _human(self, number: int) -> Human:
        # Few names and birth dates, so that strangers share a name, a birth date or SSN digits, but not all of them.
        return Human(
            first=f"{self.random.choice(['Ana', 'José', 'Lee'])}{number % 7}",
            last=self.random.choice(["Park", "O'Neil", "Ruiz-Diaz"]),
            born=f"199{number % 10}-0{1 + number % 9}-1{number % 3}",
            ssn=self.random.choice(["0000", "1234", f"{1000 + number}"]),
            state_id=f"C{number:04}",
        )

    def _some(self, *choices: T) -> T:
        return self.random.choice(choices)

    def _flag(self, yes: int = 2, no: int = 2, blank: int = 2) -> str | None:
        return self.random.choices(["Y", "N", None], [yes, no, blank])[0]

    def _day(self) -> date:
        return FIRST_DAY + timedelta(days=self.random.randrange(DAYS))

    def _id(self, prefix: str) -> str:
        self._serial += 1
        # Ids sort differently as text than in the order of writing.
        return f"{prefix}{self._serial * 7919 % 10007}"

    def _listed(self, source: str, share: float) -> dict[str, Human]:
        listed: dict[str, Human] = {}
        for human in self._humans:
            for _ in range((self.random.random() < share) + (self.random.random() < share / 8)):
                listed[self._id(source[:2])] = human
        return listed

    def _participant(self, identifier: str, human: Human) -> Record:
        return {
            "participant_id": identifier,
            "first_name": self._some(human.first, human.first.upper(), human.first + "x"),
            "last_name": self._some(human.last, human.last.lower().replace("'", "")),
            "date_of_birth": human.born,
            "ssn_last4": self._some(human.ssn, human.ssn, None),
            "caljobs_id": self._some(human.state_id, None),
            "zip": self._some(None, *self._zips),
            "census_tract": self._some(None, None, "06037999999", *self._tracts[:20]),
            "gender": self._some("female", "male", None),
            **{name: self._flag(1, 8, 2) for name in ("systems_involved", "systems_impacted", "homeless")},
        }

    def _intermediary(self, sector: str) -> Source:
        listed = self._listed(sector, 0.35)
        programs = [self._program(sector) for _ in range(3)]
        enrollments = [
            self._enrollment(identifier, human, sector, programs)
            for identifier, human in listed.items()
            for _ in range(self._some(0, 1, 1, 2))
        ]
        mine = {row["participant_id"]: row for row in enrollments}
        return Source(
            sector,
            "sector_intermediary",
            sector,
            {
                "participants": [self._participant(identifier, human) for identifier, human in listed.items()],
                "programs": programs,
                "enrollments": enrollments,
                "services": [
                    self._service(identifier, mine.get(identifier))
                    for identifier in [*listed, "unheard of"]
                    for _ in range(self._some(0, 1))
                ],
                "placements": [
                    self._placement(
                        identifier, [r["enrollment_id"] for r in enrollments if r["participant_id"] == identifier]
                    )
                    for identifier in [*listed, "unheard of"]
                    for _ in range(self._some(0, 1, 1, 2))
                ],
                "partners": self._many(8, lambda: self._partner(sector)),
                "employer_partnerships": self._many(4, lambda: self._partnership(sector)),
            },
        )

    def _many(self, count: int, make: Callable[[], Record]) -> list[Record]:
        return [make() for _ in range(count)]

    def _program(self, sector: str) -> Record:
        status = self._some("planned", "existing", "developed", "expanded")
        return {
            "program_id": self._id("g"),
            "program_name": "Some program",
            "sector": sector,
            "program_type": self._some("training", "pre_apprenticeship", "apprenticeship"),
            "development_status": status,
            "status_date": str(self._day()) if status in {"developed", "expanded"} else None,
            "high_road": self._flag(2, 2, 1),
        }

    def _enrollment(self, participant: str, human: Human, sector: str, programs: list[Record]) -> Record:
        status, start = self.random.choices(STATUSES, [4, 8, 3, 1, 1, 1, 1])[0], self._day()
        identifier = self._id("e")
        self._intermediary_enrollments.append((human, identifier))
        return {
            "enrollment_id": identifier,
            "participant_id": self._some(*[participant] * 30, "unheard of"),
            "program_id": self._some("unheard of", *(row["program_id"] for row in programs)),
            "sector": sector,
            "status": status,
            "training_start_date": str(start) if status in STATUSES[:3] or self._some(True, False) else None,
            "completion_date": later(start, self.random) if status == "completed" else None,
            "withdrawal_date": later(start, self.random) if status == "withdrawn" else None,
        }

    def _service(self, participant: str, enrollment: Record | None) -> Record:
        start = enrollment and enrollment["training_start_date"]
        around = date.fromisoformat(start) if start else self._day()
        return {
            "service_id": self._id("s"),
            "participant_id": participant,
            "service_type": self._some("transportation", "childcare", "other", "summer_youth_employment"),
            "service_date": str(around + timedelta(days=self._some(-40, -31, -30, -29, 0, 5, 100))),
        }

    def _placement(self, participant: str, enrollments: list[str | None]) -> Record:
        unit = self._some("hour", "hour", "week", "month", "year", None)
        base = {"hour": 2000, "week": 80000, "month": 350000, "year": 4200000}
        cents = base[unit] + self.random.randrange(base[unit] // 2) if unit else 0
        kind = self._some("job", "job", "registered_apprenticeship")
        return {
            "placement_id": self._id("l"),
            "participant_id": participant,
            "enrollment_id": self._some(None, *enrollments) if self.random.random() < 0.95 else "unheard of",
            "employer_name": self._some(*EMPLOYERS),
            "employer_ein": self._some(*EINS),
            "start_date": str(self._day() + timedelta(days=self._some(0, 90, 180))),
            "placement_type": kind,
            "apprenticeship_registration_id": "R1" if kind != "job" and self.random.random() < 0.8 else None,
            "training_related": self._flag(8, 1, 1),
            "subsidized": self._flag(1, 5, 3),
            "same_employer_as_entry": self._flag(1, 3, 2),
            "promotion": self._flag(),
            "wage_unit": unit,
            "wage_amount": f"{cents // 100}.{cents % 100:02}" if unit else None,
            "hours_per_week": self._some(None, "40", "37.5", "32") if unit else None,
        }

    def _partner(self, sector: str) -> Record:
        status, since = self._some("pending", "committed", "committed", "withdrawn"), self._day()
        until = since + timedelta(days=self.random.randrange(-60, 300))
        return {
            "partner_id": self._id("o"),
            "organization_name": self._some(*EMPLOYERS, "Local 11", "Local 12", f"Campus {self.random.randrange(9)}"),
            "organization_ein": self._some(*EINS),
            "organization_type": "employer",
            "sector": self._some(None, sector),
            "commitment_status": status,
            "commitment_date": None if status == "pending" else str(since),
            "withdrawn_date": str(max(since, until) if status == "withdrawn" else until)
            if status == "withdrawn" or (status == "committed" and self._some(True, False))
            else None,
        }

    def _partnership(self, sector: str) -> Record:
        status, since = self._some("prospective", "established", "established", "ended"), self._day()
        return {
            "partnership_id": self._id("w"),
            "employer_name": self._some(*EMPLOYERS),
            "employer_ein": self._some(*EINS),
            "sector": sector,
            "status": status,
            "established_date": None if status == "prospective" else str(since),
            "ended_date": self._some(None, later(since, self.random, 300)) if status == "ended" else None,
        }

    def _ajcc(self, name: str) -> Source:
        listed = self._listed(name, 0.3)
        known = [human for human in self._humans if self.random.random() < 0.3]
        return Source(
            name,
            "ajcc",
            None,
            {
                "participants": [self._participant(identifier, human) for identifier, human in listed.items()],
                "pirl": [self._pirl(human) for human in known],
                "caljobs_activities": [
                    self._activity(state_id)
                    for state_id in [*(human.state_id for human in self._humans), "C9999"]
                    for _ in range(self._some(0, 0, 1))
                ],
                "placements": [
                    self._placement(identifier, [e for h, e in self._intermediary_enrollments if h == human])
                    for identifier, human in listed.items()
                    for _ in range(self._some(0, 1))
                ],
            },
        )

    def _pirl(self, human: Human) -> Record:
        entry = self._day()
        starts = [entry + timedelta(days=self.random.randrange(90)) for _ in range(self._some(0, 1, 1, 2, 3))]
        tag = self._some(None, "HRTP-HEALTHCARE", "HRTP-EARLY_CARE_EDUCATION", "OTHER-1")
        row: Record = {
            "100": human.state_id,
            "103": self._some(None, *self._zips),
            self._some("105", "106", "107"): tag,
            "200": human.born,
            "704": self._some("1", "0", "0", "9", None),
            "800": self._some("1", "0", "0", "9", None),
            "801": self._some("1", "0", "0", "9", None),
            "900": str(entry),
            "1409": self._some(None, str(entry + timedelta(days=self._some(0, 60, 200)))),
            "1500": self._some("1", "0", None),
        }
        elements = (("1302", "1307", "1308"), ("1309", "1312", "1313"), ("1314", "1317", "1318"))
        for start, (entered, completed, ended) in zip(starts, elements, strict=False):
            row[entered], row[completed] = str(start), self._some("1", "0", None)
            row[ended] = later(start, self.random) if row[completed] == "1" or self._some(True, False) else None
        return row

    def _activity(self, state_id: str) -> Record:
        return {
            "activity_id": self._id("t"),
            "caljobs_id": state_id,
            "activity_code": self._some("181", "189", "326", "493", "400", "325", "190", "301"),
            "begin_date": str(self._day()),
        }

    def _office(self) -> Source:
        return Source(
            OFFICE,
            "program_office",
            None,
            {
                "contracts": self._many(24, self._contract),
                "deliverables": [row for _ in range(14) for row in self._versions()],
                "milestones": [{"milestone_key": "apprenticeship_portal_launch", "achieved_date": str(self._day())}],
            },
        )

    def _contract(self) -> Record:
        status = self._some("pending", "executed", "executed", "terminated")
        return {
            "contract_id": self._id("k"),
            "contractor_name": self._some(*EMPLOYERS),
            "contract_type": self._some("provider", "provider", "apprenticeship_hub", "other"),
            "sector": self._some(None, *SECTORS),
            "status": status,
            "execution_date": None if status == "pending" else str(self._day()),
            "amendment_of": self._some(None, None, None, "an earlier one"),
        }

    def _versions(self) -> list[Record]:
        kind, identifier = self._some("strategy_plan", "comprehensive_report"), self._id("d")
        return [
            {
                "deliverable_id": identifier,
                "version": str(version),
                "deliverable_type": kind,
                "sector": self._some(*SECTORS) if kind == "strategy_plan" else None,
                "title": "A paper",
                "status": (status := self._some("draft", "final", "adopted", "published")),
                "status_date": str(self._day()) if status != "draft" or self._some(True, False) else None,
            }
            for version in range(8, 8 + self._some(1, 2, 3))
        ]
