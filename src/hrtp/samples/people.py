"""The persons of a block with all that stays the same about them, whoever reports them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from hrtp.samples.blueprint import Slot, blueprint
from hrtp.samples.names import SLOTS_PER_BLOCK, Identity, NameBook
from hrtp.samples.places import OUTSIDE_ZIP, UNLISTED_TRACT, Places
from hrtp.samples.rows import AS_OF

_FIRST_DAY = date(2024, 7, 15)
_RACES = (
    "black",
    "white",
    "asian",
    "american_indian",
    "pacific_islander",
    "other",
    "white|other",
    "black|white",
    None,
)
_FLAG_CRITERIA = {
    "systems_involved": "systems_involved",
    "systems_impacted": "systems_impacted",
    "homeless": "homeless",
    "flag_unlisted_tract": "systems_impacted",
    "flag_ambiguous_zip": "homeless",
    "flag_other_tract": "systems_involved",
}
#: PIRL elements that say a person is of a target population.
PIRL_CRITERIA = {"pirl_801": "pirl_801", "pirl_800": "pirl_800", "pirl_704": "pirl_704"}


@dataclass
class Outcome:
    """What the plan says of a person: by sector, and for the wage of all. Rows are made to say the same."""

    enrolled: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    high_road: set[str] = field(default_factory=set)
    supported: set[str] = field(default_factory=set)
    apprenticed: set[str] = field(default_factory=set)
    placed: dict[str, Decimal | None] = field(default_factory=dict)
    first_wage: Decimal | None = None
    target_population: bool = False


@dataclass
class Person:
    """One enrolled person: identity, demography, days, and the ids by which each partner knows them."""

    slot: Slot
    identity: Identity
    caljobs_id: str
    zip: str
    tract: str | None
    gender: str | None
    race: str | None
    hispanic: str | None
    flags: dict[str, str | None]
    employment: str | None
    start: date
    completion: date | None
    second_start: date | None
    ids: dict[str, str] = field(default_factory=dict)
    enrollment_ids: dict[str, str] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def ended_by(self) -> date:
        """A day by which something has come of the training: completed, or two months in."""
        return self.completion or min(self.start + timedelta(days=60), AS_OF)


def caljobs_id(seed: int, block: int, slot: int) -> str:
    """The state id: eleven digits, one a person."""
    number = block * SLOTS_PER_BLOCK + slot
    return str(20_000_000_000 + (number * 7_368_787 + seed * 1_000_003) % 79_999_999_999)


def identities(book: NameBook, block: int) -> Iterator[tuple[int, Identity]]:
    """Every slot of the block that is somebody, in order: the enrolled first."""
    twins: dict[str, Identity] = {}
    pair = tuple(s.number for s in blueprint() if s.identity.startswith("namesake"))
    namesakes = dict(zip(pair, book.namesakes(block, (pair[0], pair[1])), strict=True))
    for slot in blueprint():
        case, number = slot.identity, slot.number
        accented = slot.match == "name" or (slot.sector == "early_care_education" and number % 3 == 0)
        if number in namesakes:
            person = namesakes[number]
        elif case.endswith("_b"):
            person = book.twin(twins[case[:-1] + "a"], block, number)
        else:
            person = book.identity(block, number, accented=accented)
        if case.startswith("twin_zero"):
            person = Identity(person.first, person.last, person.date_of_birth, "0000", person.email, person.phone)
        twins[case] = person
        yield number, person
    for number in range(len(blueprint()), SLOTS_PER_BLOCK):
        yield number, book.identity(block, number)


def make_person(slot: Slot, identity: Identity, rng: random.Random, places: Places, seed: int, block: int) -> Person:
    """Demography, place and days of one enrolled person; all dates before or on the day of the figures."""
    tract, code = _place(slot, rng, places)
    start, completion = _days(slot, rng)
    flags: dict[str, str | None] = {
        name: rng.choice(("N", "N", None))
        for name in ("systems_involved", "systems_impacted", "homeless", "veteran", "disability")
    }
    flags["low_income"] = rng.choice(("Y", "Y", "N", None))
    own = _FLAG_CRITERIA.get(slot.criterion)
    if own is not None:
        flags[own] = "Y"
    elif slot.criterion in PIRL_CRITERIA:
        # what only the job center knows: the intermediary says No or nothing
        flags["homeless"] = flags["systems_impacted"] = None
    flags["foster_youth"] = rng.choice(("Y", "N")) if flags["systems_involved"] == "Y" else None
    person = Person(
        slot=slot,
        identity=identity,
        caljobs_id=caljobs_id(seed, block, slot.number),
        zip=code,
        tract=tract,
        gender=rng.choice(("female", "female", "female", "male", "male", "male", "nonbinary", None)),
        race=rng.choice(_RACES),
        hispanic=rng.choice(("Y", "Y", "N", "N", None)),
        flags=flags,
        employment=rng.choice(("unemployed", "unemployed", "underemployed", "employed", "not_in_labor_force", None)),
        start=start,
        completion=completion,
        second_start=start + timedelta(days=rng.randint(30, 70)) if slot.second_sector else None,
    )
    person.outcome.target_population = own is not None or slot.criterion in PIRL_CRITERIA
    return person


def _place(slot: Slot, rng: random.Random, places: Places) -> tuple[str | None, str]:
    match slot.criterion:
        case "vulnerable_tract":
            return rng.choice(places.vulnerable)
        case "disadvantaged_tract":
            return rng.choice(places.disadvantaged)
        case "flag_other_tract":
            return rng.choice(places.neither)
        case "flag_unlisted_tract":
            return UNLISTED_TRACT, OUTSIDE_ZIP
        case "priority_zip":
            return None, rng.choice(places.priority_zips)
        case _:
            return None, rng.choice(places.ambiguous_zips)


def _days(slot: Slot, rng: random.Random) -> tuple[date, date | None]:
    """First day of training and, where completed, the last."""

    def between(first: date, last: date) -> date:
        return first + timedelta(days=rng.randint(0, (last - first).days))

    if slot.training == "last_day":
        return AS_OF, None
    if slot.training == "finished_late":
        return between(date(2026, 3, 1), date(2026, 3, 31)), between(date(2026, 7, 6), date(2026, 8, 28))
    if slot.training in ("corrected", "uncompleted_by_correction"):
        start = between(date(2025, 6, 2), date(2025, 12, 1))
        return start, start + timedelta(days=90) if slot.completed else None
    if slot.sector == "creative_economy" and slot.number % 3 == 0 and slot.second_sector is None:
        # lately, so that each file of the delta feed brings something
        if slot.completed:
            start = between(date(2026, 4, 13), date(2026, 6, 5))
            return start, start + timedelta(days=rng.randint(95, 115))
        return between(date(2026, 7, 6), date(2026, 9, 1)), None
    if slot.completed:
        start = between(_FIRST_DAY, date(2026, 3, 20))
        return start, start + timedelta(days=rng.randint(85, 150))
    return between(_FIRST_DAY, date(2026, 5, 29) if slot.placed or slot.second_sector else date(2026, 8, 14)), None
