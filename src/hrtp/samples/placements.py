"""Jobs and registered apprenticeships, case by case: those that count and those that must not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hrtp.samples.block import Block
from hrtp.samples.people import Person
from hrtp.samples.rows import AS_OF, Values, iso
from hrtp.samples.wages import STRAY, wage_values

_JOBS = {
    "construction": ('Carpenter, "form" crew', "47-2031", "238130"),
    "healthcare": ("Medical assistant", "31-9092", "621111"),
    "technology": ("Help desk technician", "15-1232", "541512"),
    "early_care_education": ("Associate teacher", "25-2011", "624410"),
    "aerospace": ("CNC operator", "51-4041", "336411"),
    "creative_economy": ("Grip\nand electric", "27-4011", "512110"),
}
_LAST_START = AS_OF - timedelta(days=4)
_WITHOUT_WAGE = ("wage_missing", "wage_missing_then_known")


def add_placements(block: Block, person: Person, wages: list[Decimal]) -> None:
    """Placements of the person; takes the wage of the first qualifying one off ``wages`` where it has one."""
    slot = person.slot
    if not slot.placed:
        _unplaced(block, person)
        return
    wage = None if slot.placement in _WITHOUT_WAGE else wages.pop()
    source = str(slot.ajcc) if slot.route == "ajcc" or slot.placement == "ajcc_only" else slot.sector
    sector = slot.sector
    start = _start(block, person)
    changes: Values = {}
    match slot.placement:
        case "second_sector" if slot.second_sector is not None and person.second_start is not None:
            source = sector = slot.second_sector
            start = max(start, person.second_start)
        case "same_day":
            start = person.start
        case "subsidized_blank":
            changes = {"subsidized": None}
        case "promotion":
            changes = {"same_employer_as_entry": "Y", "promotion": "Y"}
        case "no_enrollment_id":
            changes = {"enrollment_id": None}
        case "after_unqualified":
            early = max(person.start, start - timedelta(days=20))
            place(block, person, source, sector, early, STRAY, {"training_related": "N"})
    kind = _apprenticeship(block) if slot.apprentice else {}
    before = None
    if slot.placement == "pay_corrected":
        before = (date(2026, 8, 31), wage_values(STRAY, 0))
    place(block, person, source, sector, start, wage, changes | kind, before=before)
    outcome = person.outcome
    outcome.placed[sector], outcome.first_wage = wage, wage
    if slot.apprentice:
        outcome.apprenticed.add(sector)
    after = min(start + timedelta(days=3), AS_OF)
    match slot.placement:
        case "then_another" | "wage_missing_then_known":
            place(block, person, source, sector, after, STRAY, {})
        case "both_sectors" if slot.second_sector is not None and person.second_start is not None:
            there = max(after, person.second_start)
            place(block, person, slot.second_sector, slot.second_sector, there, STRAY, {})
            outcome.placed[slot.second_sector] = STRAY
        case "reported_twice":
            place(block, person, str(slot.ajcc), sector, start, wage, kind)
        case "reported_twice_differs":
            # one day, two wages: the source that comes first by its name is the one that counts
            place(block, person, str(slot.ajcc), sector, start, STRAY, kind)
            if str(slot.ajcc) < source:
                _exchange(block, person, source, str(slot.ajcc))


def _exchange(block: Block, person: Person, source: str, other: str) -> None:
    """Let ``other`` report the wage that counts, and ``source`` the stray one."""
    last, first = block.rows[-1], block.rows[-2]
    assert (last.source, first.source) == (other, source)  # the two rows just added
    for name in ("wage_amount", "wage_unit", "hours_per_week"):
        last.values[name], first.values[name] = first.values[name], last.values[name]


def _unplaced(block: Block, person: Person) -> None:
    """A placement that must not count: each breaks one condition."""
    slot = person.slot
    source = str(slot.ajcc) if slot.route == "ajcc" else slot.sector
    start = _start(block, person)
    changes: Values
    match slot.placement:
        case "subsidized":
            changes = {"subsidized": "Y"}
        case "subsidized_apprentice":
            changes = _apprenticeship(block) | {"subsidized": "Y"}
        case "not_related":
            changes = {"training_related": "N"}
        case "related_blank":
            changes = {"training_related": None}
        case "same_employer":
            changes = {"same_employer_as_entry": "Y", "promotion": "N"}
        case "same_employer_promotion_blank":
            changes = {"same_employer_as_entry": "Y", "promotion": None}
        case "before_training":
            changes, start = {}, person.start - timedelta(days=15)
        case _:
            return
    place(block, person, source, slot.sector, start, STRAY, changes)


def _start(block: Block, person: Person) -> date:
    """First day of work: soon after the training ended, or two months into it; never before it began."""
    wanted = person.ended_by + timedelta(days=block.rng.randint(2, 45))
    return max(person.start, min(wanted, _LAST_START))


def _apprenticeship(block: Block) -> Values:
    number = block.rng.randint(100_000, 999_999)
    return {"placement_type": "registered_apprenticeship", "apprenticeship_registration_id": f"DAS-{number}"}


def place(
    block: Block,
    person: Person,
    source: str,
    sector: str,
    start: date,
    wage: Decimal | None,
    changes: Values,
    *,
    before: tuple[date, Values] | None = None,
) -> None:
    """Add a placement that qualifies but for ``changes``; ``before`` gives values reported until a day."""
    employer = block.employer(sector)
    job, soc, naics = _JOBS[sector]
    style = block.rng.randint(0, 5)
    values: Values = {
        "placement_id": block.new_id(source, "placements"),
        "participant_id": block.participant_id(person, source),
        "enrollment_id": person.enrollment_ids.get(sector) if source == sector else None,
        "employer_name": employer.name,
        "employer_ein": employer.ein,
        "job_title": job,
        "soc_code": soc,
        "naics_code": naics,
        "start_date": iso(start),
        "placement_type": "job",
        "apprenticeship_registration_id": None,
        "training_related": "Y",
        "subsidized": "N",
        "benefits": block.rng.choice(("health", "health, retirement", None)),
        "same_employer_as_entry": block.rng.choice(("N", "N", None)),
        "promotion": None,
    }
    values |= wage_values(wage, style) | changes
    block.add(
        source,
        "placements",
        values,
        start,
        before=None if before is None else (before[0], values | before[1]),
    )
