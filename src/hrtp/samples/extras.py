"""People and rows of a block that load and count for nothing."""

from __future__ import annotations

from datetime import date

from hrtp.samples.block import Block
from hrtp.samples.participants import ghost, participant_values
from hrtp.samples.people import caljobs_id
from hrtp.samples.programs import program_id
from hrtp.samples.rows import EARLIER_FULL, Values, iso
from hrtp.samples.wages import STRAY, wage_values

#: Slots of people outside the 213; fault rows use those after them.
APPLIED, WAITLISTED, NO_SHOW, CANCELLED = 213, 214, 215, 216
UNTAGGED, UNKNOWN_TAG, UNENROLLED, GONE = 217, 218, 219, 220
FIRST_FAULT_SLOT = 224

_DAY = date(2026, 2, 2)


def add_extras(block: Block) -> None:
    """Those who never started, job center clients of other programs, orphans, and who has left the newest export."""
    _never_started(block, "construction", APPLIED, "applied", None)
    _never_started(block, "healthcare", WAITLISTED, "waitlisted", None)
    _never_started(block, "technology", NO_SHOW, "no_show", date(2025, 10, 6))
    _never_started(block, "creative_economy", CANCELLED, "cancelled", date(2026, 11, 2))  # a plan, and no future event
    _other_client(block, "ajcc_la_county", UNTAGGED, "WIOA-ADULT")
    _other_client(block, "ajcc_south_bay", UNKNOWN_TAG, "HRTP-LOGISTICS")
    participant, values = ghost(block, "early_care_education", UNENROLLED)
    block.add("early_care_education", "participants", values, _DAY)
    block.add("early_care_education", "services", service(block, "early_care_education", participant, _DAY), _DAY)
    _orphans(block)
    _gone(block)


def enrollment(
    block: Block, source: str, participant: str, status: str, start: date | None, done: date | None = None
) -> Values:
    """An enrollment in the sector's high road program."""
    return {
        "enrollment_id": block.new_id(source, "enrollments"),
        "participant_id": participant,
        "program_id": program_id(block.seed, source, "high"),
        "sector": source,
        "status": status,
        "training_start_date": iso(start),
        "completion_date": iso(done),
    }


def service(block: Block, source: str, participant: str, day: date) -> Values:
    """A supportive service."""
    return {
        "service_id": block.new_id(source, "services"),
        "participant_id": participant,
        "service_type": "transportation",
        "service_date": iso(day),
        "amount": "80.00",
    }


def placement(block: Block, source: str, participant: str, day: date, sector: str | None = None) -> Values:
    """A placement in which every condition is met but the person."""
    employer = block.employer(sector or source)
    return {
        "placement_id": block.new_id(source, "placements"),
        "participant_id": participant,
        "employer_name": employer.name,
        "employer_ein": employer.ein,
        "start_date": iso(day),
        "placement_type": "job",
        "training_related": "Y",
        "subsidized": "N",
        "same_employer_as_entry": "N",
        **wage_values(STRAY, 0),
    }


def _never_started(block: Block, source: str, slot: int, status: str, planned: date | None) -> None:
    participant, values = ghost(block, source, slot)
    block.add(source, "participants", values, _DAY)
    block.add(source, "enrollments", enrollment(block, source, participant, status, planned), _DAY)
    if status in ("applied", "no_show"):
        block.add(source, "services", service(block, source, participant, _DAY), _DAY)
        block.add(source, "placements", placement(block, source, participant, _DAY), _DAY)


def _other_client(block: Block, source: str, slot: int, tag: str) -> None:
    """Trained, completed, supported and placed, all outside HRTP."""
    participant, values = ghost(block, source, slot)
    state_id = caljobs_id(block.seed, block.number, slot)
    block.add(source, "participants", values | {"caljobs_id": state_id}, _DAY)
    record: Values = {
        "pirl_100": state_id,
        "pirl_105": tag,
        "pirl_200": iso(block.identities[slot].date_of_birth),
        "pirl_201": "2",
        "pirl_801": "1",
        "pirl_900": "2025-02-03",
        "pirl_1300": "1",
        "pirl_1302": "2025-02-10",
        "pirl_1303": "06",
        "pirl_1307": "1",
        "pirl_1308": "2025-05-09",
        "pirl_1409": "2025-03-03",
        "pirl_1500": "1",
    }
    block.add(source, "pirl", record, _DAY)
    block.add(source, "placements", placement(block, source, participant, _DAY, "healthcare"), _DAY)
    activity: Values = {"activity_code": "181", "begin_date": "2025-03-03", "special_project": tag}
    activity |= {"activity_id": block.new_id(source, "caljobs_activities"), "caljobs_id": state_id}
    block.add(source, "caljobs_activities", activity, _DAY)


def _orphans(block: Block) -> None:
    """Rows whose participant has not come: kept, and counted once it does."""
    source = "aerospace"
    missing = block.new_id(source, "participants")
    block.add(source, "enrollments", enrollment(block, source, missing, "completed", _DAY, date(2026, 5, 4)), _DAY)
    block.add(source, "placements", placement(block, source, missing, date(2026, 5, 11)), _DAY)
    state_id = caljobs_id(block.seed, block.number, FIRST_FAULT_SLOT - 1)
    activity: Values = {"activity_code": "185", "begin_date": iso(_DAY), "caljobs_id": state_id}
    activity["activity_id"] = block.new_id("ajcc_south_bay", "caljobs_activities")
    block.add("ajcc_south_bay", "caljobs_activities", activity, _DAY)


def _gone(block: Block) -> None:
    """In the earlier full export and no longer in the newest: gone from current figures."""
    ((source, day),) = EARLIER_FULL.items()
    participant, values = ghost(block, source, GONE)
    done = date(2026, 4, 20)
    rows = (
        ("participants", values),
        ("enrollments", enrollment(block, source, participant, "completed", date(2026, 1, 12), done)),
        ("services", service(block, source, participant, _DAY)),
        ("placements", placement(block, source, participant, done)),
    )
    for entity, row in rows:
        block.add(source, entity, row, _DAY, only=day)


def other_person(block: Block, slot: int) -> Values:
    """Who the person of ``slot`` is, for a row that claims another's id."""
    return participant_values(block.identities[slot])
