"""What the indicators come to, worked out a second time: plain Python over canonical exports, no SQL, no shared code.

It follows the definitions in the indicator catalogue sentence by sentence and is meant to be read beside them. Give it
clean canonical rows (no bad values: it quarantines nothing) of full exports; it gives the figures as of any day:

    Oracle([Source("construction", "sector_intermediary", "construction", {"participants": [...], ...}), ...],
           read_lists(Path("seeds"))).figures(date(2026, 9, 30))["placed_in_jobs", "all"].value
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from tests.oracle_records import (
    Organizations,
    Persons,
    Row,
    Source,
    bit,
    day,
    element,
    flag,
    sure_day,
)

Pairs = set[tuple[str, str | None]]
"""What is counted: (subject, sector); a subject without a sector stands in the total alone."""

SECTORS = ("construction", "healthcare", "technology", "early_care_education", "aerospace", "creative_economy")
NOT_STARTED = {"applied", "waitlisted", "no_show", "cancelled"}
SUPPORTIVE_CODES = {*range(180, 190), 326, 327, *range(480, 494)}
PIRL_TRAININGS = (("1302", "1307", "1308"), ("1309", "1312", "1313"), ("1314", "1317", "1318"))


@dataclass(frozen=True)
class Lists:
    """The registers a figure depends on: whether a tract is a priority one, the tracts of a ZIP, other names."""

    tracts: Mapping[str, bool] = field(default_factory=dict)
    zips: Mapping[str, Sequence[str]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


def read_lists(seeds: Path) -> Lists:
    """The registers as they stand in the project's seeds."""

    def table(name: str) -> list[dict[str, str]]:
        with (seeds / name).open(newline="") as file:
            return list(csv.DictReader(file))

    zips: defaultdict[str, list[str]] = defaultdict(list)
    for row in table("zip_tract.csv"):
        zips[row["zip"]].append(row["tract_geoid"])
    return Lists(
        tracts={
            row["tract_geoid"]: row["cvri_tier"] in {"moderate", "high", "highest"}
            or row["concentrated_disadvantage"] == "Y"
            for row in table("tract_priority.csv")
        },
        zips=zips,
        aliases={
            row["alias"]: row["canonical_name"] for row in table("organization_aliases.csv") if row["verdict"] == "same"
        },
    )


@dataclass(frozen=True)
class Figure:
    """A value (None where it cannot be had) and how many persons are unknown."""

    value: Decimal | None
    n_unknown: int = 0


@dataclass(frozen=True)
class Training:
    person: str
    sector: str
    start: date | None
    completed: date | None
    road: bool | None
    source: str
    enrollment_id: str | None


@dataclass(frozen=True)
class Placement:
    person: str
    sector: str | None
    start: date
    source: str
    placement_id: str
    wage: Fraction | None
    is_apprenticeship: bool
    is_unknown: bool
    """Counts although not known to be unsubsidized, or does not count only because relatedness is not known."""
    counts: bool


def any_of(flags: Iterable[bool | None]) -> bool | None:
    """True where one is, False where every one is known and none is, else unknown."""
    seen = list(flags)
    return True if True in seen else None if None in seen or not seen else False


def any_says(flags: Iterable[bool | None]) -> bool | None:
    """True where one record says so, else False where one says that, else unknown."""
    seen = list(flags)
    return True if True in seen else False if False in seen else None


def half_up(number: Fraction) -> Decimal:
    """To two decimals, halves up (numbers here are never negative)."""
    return Decimal(int(number * 100 + Fraction(1, 2))).scaleb(-2)


class Oracle:
    """All figures of a set of exports."""

    def __init__(self, sources: Sequence[Source], lists: Lists | None = None, persons: Persons | None = None) -> None:
        self.sources = sources
        self.lists = lists = lists or Lists()
        self.persons = persons or Persons(sources)
        self.organizations = Organizations(sources, lists.aliases)
        self.first_start: dict[str, date] = {}
        self._by_enrollment: defaultdict[str | None, list[Training]] = defaultdict(list)
        self._by_person: defaultdict[str, list[Training]] = defaultdict(list)
        for training in self.trainings:
            self._by_enrollment[training.enrollment_id].append(training)
            self._by_person[training.person].append(training)
            if training.start:
                known = self.first_start.get(training.person, training.start)
                self.first_start[training.person] = min(known, training.start)

    def rows(self, entity: str) -> Iterable[tuple[Source, Row]]:
        return ((source, row) for source in self.sources for row in source.tables.get(entity, ()))

    @cached_property
    def trainings(self) -> list[Training]:
        """Enrollments and HRTP-tagged AJCC training of known persons; `start` is None where it did not start."""
        found = []
        roads = {(s.name, r["program_id"]): flag(r.get("high_road")) for s, r in self.rows("programs")}
        for source, row in self.rows("enrollments"):
            person = self.persons.of_participant(source.name, row["participant_id"])
            if person is not None:
                start = None if row["status"] in NOT_STARTED else day(row.get("training_start_date"))
                completed = day(row.get("completion_date")) if row["status"] == "completed" else None
                road, name = roads.get((source.name, row["program_id"])), row["enrollment_id"]
                found.append(Training(person, str(row["sector"]), start, completed, road, source.name, name))
        tags = {f"HRTP-{sector.upper()}": sector for sector in SECTORS}
        for source, row in self.rows("pirl"):
            sectors = [tags[tag] for tag in (element(row, n) or "" for n in ("105", "106", "107")) if tag in tags]
            person = self.persons.of_state_id(element(row, "100"))
            for entered, completed_flag, ended in PIRL_TRAININGS:
                start = day(element(row, entered))
                if sectors and person and start:
                    completed = day(element(row, ended)) if bit(element(row, completed_flag)) else None
                    found.append(Training(person, sectors[0], start, completed, None, source.name, None))
        return found

    @cached_property
    def priority(self) -> dict[str, bool | None]:
        """Whether each person is of the priority population."""
        flags: defaultdict[str, defaultdict[str, list[bool | None]]] = defaultdict(lambda: defaultdict(list))
        for source, row in self.rows("participants"):
            mine = flags[self.persons.of_participant(source.name, row["participant_id"]) or ""]
            for criterion in ("systems_involved", "systems_impacted", "homeless"):
                mine[criterion].append(flag(row.get(criterion)))
            mine["tract"].append(self._tract(row.get("census_tract"), row.get("zip")))
        for _, row in self.rows("pirl"):
            mine = flags[self.persons.of_state_id(element(row, "100")) or ""]
            mine["systems_involved"].append(any_of([bit(element(row, "801")), bit(element(row, "704"))]))
            mine["homeless"].append(bit(element(row, "800")))
            mine["tract"].append(self._tract(None, element(row, "103")))
        criteria = ("systems_involved", "systems_impacted", "homeless", "tract")
        return {person: any_of(any_says(mine[c]) for c in criteria) for person, mine in flags.items()}

    def _tract(self, tract: str | None, zip_code: str | None) -> bool | None:
        if tract:
            return self.lists.tracts.get(tract)
        answers = {self.lists.tracts.get(t) for t in self.lists.zips.get((zip_code or "")[:5], ())}
        return answers.pop() if len(answers) == 1 else None

    @cached_property
    def placements(self) -> list[Placement]:
        """Placements that count as jobs, or would but for something unknown."""
        found = []
        for source, row in self.rows("placements"):
            person = self.persons.of_participant(source.name, row["participant_id"])
            start = sure_day(row["start_date"])
            if person is None or person not in self.first_start or start < self.first_start[person]:
                continue
            is_known, sector = self._placement_sector(source, row, person, start)
            old_job = flag(row.get("same_employer_as_entry")) and not flag(row.get("promotion"))
            related, subsidized = flag(row.get("training_related")), flag(row.get("subsidized"))
            if not is_known or old_job or subsidized or related is False:
                continue
            registered = row["placement_type"] == "registered_apprenticeship"
            found.append(
                Placement(
                    person=person,
                    sector=sector,
                    start=start,
                    source=source.name,
                    placement_id=str(row["placement_id"]),
                    wage=wage(row),
                    is_apprenticeship=registered and bool(row.get("apprenticeship_registration_id")),
                    is_unknown=related is None or subsidized is None,
                    counts=bool(related),
                )
            )
        return sorted(found, key=lambda p: (p.start, p.source, p.placement_id))

    def _placement_sector(self, source: Source, row: Row, person: str, start: date) -> tuple[bool, str | None]:
        if row.get("enrollment_id"):
            named = self._by_enrollment[row["enrollment_id"]]
            own = [t.sector for t in named if t.source == source.name]
            theirs = [t.sector for t in named if t.person == person and source.sector is None]
            return bool(own or theirs), next(iter(own + theirs), None)
        if source.sector:
            return True, source.sector
        begun = [t for t in self._by_person[person] if t.start and t.start <= start]
        latest = max(t.start for t in begun if t.start)
        return True, min((t.source, t.sector) for t in begun if t.start == latest)[1]

    def figures(self, as_of: date) -> dict[tuple[str, str], Figure]:
        """The figure of every (indicator, sector or `all`) as of a day."""
        trained = [t for t in self.trainings if t.start and t.start <= as_of]
        completed = [t for t in trained if t.completed and t.completed <= as_of]
        jobs = [p for p in self.placements if p.start <= as_of]
        apprentices = [p for p in jobs if p.is_apprenticeship]
        unsure = [t for t in completed if t.road is None]
        counts: dict[str, tuple[Pairs, Pairs]] = {
            "workers_enrolled": (pairs(trained), set()),
            "workers_completed": (pairs(completed), set()),
            "programs_developed": (self._programs(as_of), set()),
            "partners_committed": (self._partners(as_of), set()),
            "placed_in_jobs": (pairs(p for p in jobs if p.counts), pairs(p for p in jobs if p.is_unknown)),
            "placed_in_apprenticeships": (
                pairs(p for p in apprentices if p.counts), pairs(p for p in apprentices if p.is_unknown),
            ),
            "supportive_services_recipients": (self._services(as_of), set()),
            "high_road_completed": (pairs(t for t in completed if t.road is not False), pairs(unsure)),
            "sector_strategies": (self._deliverables(as_of, "strategy_plan", {"final", "adopted"}), set()),
            "employer_partnerships": (self._partnerships(as_of), set()),
        }  # fmt: skip
        found = {
            (key, sector): Figure(Decimal(len(within(counted, sector))), len(within(unknown, sector)))
            for key, (counted, unknown) in counts.items()
            for sector in ("all", *SECTORS)
        }
        for sector in ("all", *SECTORS):
            found["priority_population_pct", sector] = self._priority(within(pairs(trained), sector))
            found["median_placement_wage", sector] = median_wage([p for p in jobs if p.counts], sector)
        for key, total in {
            "summer_youth_participants": len(self._summer_youth(as_of)),
            "provider_contracts": len(self._contracts(as_of, "provider")),
            "comprehensive_reports": len(self._deliverables(as_of, "comprehensive_report", {"final", "published"})),
            "apprenticeship_portal_launched": min(1, len(self._milestones(as_of))),
            "apprenticeship_hub_contracted": min(1, len(self._contracts(as_of, "apprenticeship_hub"))),
        }.items():
            found[key, "all"] = Figure(Decimal(total))
        return found

    def _priority(self, enrolled: set[str]) -> Figure:
        said = [self.priority.get(person) for person in enrolled]
        value = half_up(Fraction(100 * said.count(True), len(said))) if said else None
        return Figure(value, said.count(None))

    def _services(self, as_of: date) -> Pairs:
        dated: list[tuple[str | None, str | None, date]] = []
        for source, row in self.rows("services"):
            if row["service_type"] != "summer_youth_employment":
                person = self.persons.of_participant(source.name, row["participant_id"])
                dated.append((person, source.sector, sure_day(row["service_date"])))
        for _, row in self.rows("caljobs_activities"):
            if int(row["activity_code"] or 0) in SUPPORTIVE_CODES:
                dated.append((self.persons.of_state_id(row["caljobs_id"]), None, sure_day(row["begin_date"])))
        for _, row in self.rows("pirl"):
            served = day(element(row, "1409")) or (day(element(row, "900")) if bit(element(row, "1500")) else None)
            if served:
                dated.append((self.persons.of_state_id(element(row, "100")), None, served))
        found: Pairs = set()
        for person, sector, served in dated:
            start = self.first_start.get(person or "")
            if person is None or start is None or max(start, served) > as_of or served < start - timedelta(days=30):
                continue
            enrolled_in = {t.sector for t in self._by_person[person] if t.start and t.start <= as_of}
            found |= {(person, s) for s in ({sector} if sector else enrolled_in)}
        return found

    def _summer_youth(self, as_of: date) -> set[str]:
        found = {
            self.persons.of_participant(source.name, row["participant_id"])
            for source, row in self.rows("services")
            if row["service_type"] == "summer_youth_employment" and sure_day(row["service_date"]) <= as_of
        } | {
            self.persons.of_state_id(row["caljobs_id"])
            for _, row in self.rows("caljobs_activities")
            if row["activity_code"] == "400" and sure_day(row["begin_date"]) <= as_of
        }
        return {person for person in found if person}

    def _programs(self, as_of: date) -> Pairs:
        return {
            (f"{source.name}/{row['program_id']}", row["sector"])
            for source, row in self.rows("programs")
            if row["development_status"] in {"developed", "expanded"} and sure_day(row["status_date"]) <= as_of
        }

    def _partners(self, as_of: date) -> Pairs:
        return {
            (
                self.organizations.of(row["organization_name"], row.get("organization_ein")),
                row.get("sector") or source.sector,
            )
            for source, row in self.rows("partners")
            if row["commitment_status"] in {"committed", "withdrawn"}
            and stands(row, as_of, "commitment_date", "withdrawn_date", row["commitment_status"] == "committed")
        }

    def _partnerships(self, as_of: date) -> Pairs:
        return {
            (f"{self.organizations.of(row['employer_name'], row.get('employer_ein'))}/{row['sector']}", row["sector"])
            for _, row in self.rows("employer_partnerships")
            if row["status"] in {"established", "ended"}
            and stands(row, as_of, "established_date", "ended_date", row["status"] == "established")
        }

    def _contracts(self, as_of: date, contract_type: str) -> set[str]:
        return {
            f"{source.name}/{row['contract_id']}"
            for source, row in self.rows("contracts")
            if row["contract_type"] == contract_type and row["status"] in {"executed", "terminated"}
            and not row.get("amendment_of") and sure_day(row["execution_date"]) <= as_of
        }  # fmt: skip

    def _deliverables(self, as_of: date, kind: str, done: set[str]) -> Pairs:
        latest: dict[str, Row] = {}
        for source, row in self.rows("deliverables"):
            if row["deliverable_type"] == kind and row["status"] != "draft" and sure_day(row["status_date"]) <= as_of:
                key = f"{source.name}/{row['deliverable_id']}"
                latest[key] = max(latest.get(key, row), row, key=lambda r: int(r["version"] or 0))
        return {(key, row.get("sector")) for key, row in latest.items() if row["status"] in done}

    def _milestones(self, as_of: date) -> list[Row]:
        launch = [row for _, row in self.rows("milestones") if row["milestone_key"] == "apprenticeship_portal_launch"]
        return [row for row in launch if (day(row.get("achieved_date")) or date.max) <= as_of]


def stands(row: Row, as_of: date, since: str, until: str, is_open: bool) -> bool:
    """Begun on or before the day and not ended by then. Of what is open, an end before the start is an old one."""
    begun, ended = sure_day(row[since]), day(row.get(until))
    if ended is None or (is_open and ended < begun):
        return is_open and begun <= as_of
    return begun <= as_of < ended


def wage(row: Row) -> Fraction | None:
    """The hourly wage; 40 hours a week where they are blank."""
    if not row.get("wage_amount"):
        return None
    amount, hours = Fraction(str(row["wage_amount"])), Fraction(row.get("hours_per_week") or "40")
    return {"hour": amount, "week": amount / hours, "month": amount * 12 / (52 * hours), "year": amount / (52 * hours)}[
        str(row["wage_unit"])
    ]


def median_wage(jobs: Sequence[Placement], sector: str) -> Figure:
    """Over each person's first job, in the total or within a sector; `jobs` stand in the order that decides."""
    first: dict[str, Placement] = {}
    for job in jobs:
        if sector in ("all", job.sector):
            first.setdefault(job.person, job)
    wages = sorted(job.wage for job in first.values() if job.wage is not None)
    middle = len(wages) // 2
    value = half_up((wages[middle] + wages[(len(wages) - 1) // 2]) / 2) if wages else None
    return Figure(value, len(first) - len(wages))


def pairs(events: Iterable[Training | Placement]) -> Pairs:
    return {(event.person, event.sector) for event in events}


def within(counted: Pairs, sector: str) -> set[str]:
    """The subjects in the total, or in one sector."""
    return {subject for subject, where in counted if sector in ("all", where)}
