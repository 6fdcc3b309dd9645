"""Supportive services of intermediaries, and what job centers log in CalJOBS, case by case."""

from __future__ import annotations

from datetime import date, timedelta

from hrtp.samples.block import Block
from hrtp.samples.people import Person
from hrtp.samples.rows import AS_OF, iso

_KINDS = (
    "transportation", "childcare", "housing", "needs_related_payment", "training_stipend", "tools_and_equipment",
    "case_management", "mental_health", "legal", "digital_access", "other",
)  # fmt: skip
_SUPPORTIVE_CODES = ("180", "181", "183", "185", "189", "326", "327", "480", "482", "485", "493")
_OTHER_CODES = ("101", "102", "107", "125", "204", "300", "328", "416")


def add_services(block: Block, person: Person) -> None:
    """Services and activities of the person, and in which sectors they make a recipient."""
    slot, outcome = person.slot, person.outcome
    if slot.supported:
        job_center = slot.service.startswith("ajcc_") or slot.service == "both"
        # a job center's service counts in every sector of the person, an intermediary's in its own
        outcome.supported |= outcome.enrolled if job_center else {slot.sector}
    match slot.service:
        case "plain" if slot.supported:
            _some(block, person, slot.sector)
            if slot.second_sector is not None and slot.number % 2:
                _one(block, person, slot.second_sector, _later(block, person))
                outcome.supported.add(slot.second_sector)
        case "both":
            _some(block, person, slot.sector)
            _activity(block, person, block.rng.choice(_SUPPORTIVE_CODES), _later(block, person))
        case "day_30":
            _one(block, person, slot.sector, person.start - timedelta(days=30))
        case "day_31":
            _one(block, person, slot.sector, person.start - timedelta(days=31))
        case "ajcc_activity":
            _activity(block, person, block.rng.choice(_SUPPORTIVE_CODES), _later(block, person))
        case "ajcc_day_31":
            _activity(block, person, "181", person.start - timedelta(days=40))
    if slot.ajcc is not None:
        for _ in range(1 + slot.number % 2):
            _activity(block, person, block.rng.choice(_OTHER_CODES), _later(block, person))
        if slot.apprentice:
            _activity(block, person, "325", person.start)


def _later(block: Block, person: Person) -> date:
    """A day in the first four months of training."""
    return min(person.start + timedelta(days=block.rng.randint(0, 120)), AS_OF)


def _some(block: Block, person: Person, sector: str) -> None:
    for _ in range(1 + block.rng.randint(0, 2)):
        _one(block, person, sector, _later(block, person))


def _one(block: Block, person: Person, sector: str, day: date) -> None:
    values = {
        "service_id": block.new_id(sector, "services"),
        "participant_id": block.participant_id(person, sector),
        "service_type": block.rng.choice(_KINDS),
        "service_date": iso(day),
        "amount": block.rng.choice((None, f"{block.rng.randint(2_000, 150_000) / 100:.2f}", "125.00", "1250.00")),
    }
    block.add(sector, "services", values, day)


def _activity(block: Block, person: Person, code: str, day: date) -> None:
    source = person.slot.ajcc
    assert source is not None  # asked for only where a job center knows the person
    end = min(day + timedelta(days=block.rng.randint(0, 20)), AS_OF)
    is_open = block.rng.random() < 0.2
    values = {
        "activity_id": block.new_id(source, "caljobs_activities"),
        "caljobs_id": person.caljobs_id,
        "activity_code": code,
        "begin_date": iso(day),
        "end_date": None if is_open else iso(end),
        "completion": None if is_open else block.rng.choice(("successful", "successful", "unsuccessful")),
        "special_project": f"HRTP-{person.slot.sector.upper()}" if block.rng.random() < 0.5 else None,
    }
    block.add(source, "caljobs_activities", values, day)
