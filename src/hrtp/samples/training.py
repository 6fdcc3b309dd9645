"""Enrollments of intermediaries and training in the job centers' PIRL records, case by case."""

from __future__ import annotations

from datetime import date, timedelta

from hrtp.samples.block import Block
from hrtp.samples.people import PIRL_CRITERIA, Person
from hrtp.samples.programs import program_id
from hrtp.samples.rows import AJCCS, AS_OF, Values, iso

_PIRL_RACES = {
    "american_indian": "211",
    "asian": "212",
    "black": "213",
    "pacific_islander": "214",
    "white": "215",
}
_PIRL_EMPLOYMENT = {"unemployed": "0", "employed": "1", "underemployed": "1", "not_in_labor_force": "3"}
_CREDENTIALS = ("OSHA 10", "First Aid and CPR", None)
_REASONS = ("Found work", "Family reasons", "Moved away", None)


def add_training(block: Block, person: Person) -> None:
    """All that partners report about the person's training, and what the plan makes of it."""
    slot, outcome = person.slot, person.outcome
    outcome.enrolled.add(slot.sector)
    if slot.completed:
        outcome.completed.add(slot.sector)
        outcome.high_road.add(slot.sector)
    if slot.route != "ajcc":
        _intermediary(block, person)
    if slot.second_sector is not None:
        _second(block, person, slot.second_sector)
    if slot.route != "intermediary":
        _job_center(block, person)


def _intermediary(block: Block, person: Person) -> None:
    slot, start, done = person.slot, person.start, person.completion
    later = start + timedelta(days=40)
    match slot.training:
        case "ajcc_completes" | "ajcc_withdrew":
            enroll(block, person, "active", start)
        case "ajcc_earlier":
            enroll(block, person, "completed", start + timedelta(days=20), done)
        case "also_low_road":
            enroll(block, person, "completed", later, later + timedelta(days=30), program="low")
            enroll(block, person, "completed", start, done)
        case "twice":
            enroll(block, person, "withdrawn", start, start + timedelta(days=12))
            enroll(block, person, "completed", later, done)
        case "withdrawn":
            enroll(block, person, "withdrawn", start, start + timedelta(days=21))
        case "withdrawn_low_road":
            enroll(block, person, "withdrawn", start, start + timedelta(days=30), program="low")
        case "corrected":
            wrong = _enrollment(block, person, slot.sector, "withdrawn", start, start + timedelta(days=30), "high")
            enroll(block, person, "completed", start, done, before=(date(2026, 8, 31), wrong))
        case "uncompleted_by_correction":
            wrong = _enrollment(block, person, slot.sector, "completed", start, start + timedelta(days=80), "high")
            enroll(
                block,
                person,
                "withdrawn",
                start,
                start + timedelta(days=30),
                before=(date(2026, 6, 30), wrong),
            )
        case _:
            enroll(block, person, "completed" if slot.completed else "active", start, done)
    if slot.identity == "two_ids":
        # registered twice by one partner: another participant id, and a second enrollment under it
        other = block.new_id(slot.sector, "participants")
        enroll(block, person, "active", later, participant=other)
        person.ids[f"{slot.sector} again"] = other


def _second(block: Block, person: Person, sector: str) -> None:
    assert person.second_start is not None  # set for every person of two sectors
    person.outcome.enrolled.add(sector)
    if person.slot.training == "second_completed_low_road":
        # completes there too, but in no high road program
        person.outcome.completed.add(sector)
        done = person.second_start + timedelta(days=35)
        enroll(block, person, "completed", person.second_start, done, program="low", sector=sector)
    else:
        enroll(block, person, "active", person.second_start, sector=sector)


def enroll(
    block: Block,
    person: Person,
    status: str,
    start: date,
    end: date | None = None,
    *,
    program: str = "high",
    sector: str | None = None,
    participant: str | None = None,
    before: tuple[date, Values] | None = None,
) -> None:
    """Add an enrollment; ``end`` is the completion or the withdrawal."""
    sector = sector or person.slot.sector
    values = _enrollment(block, person, sector, status, start, end, program, participant)
    if before is not None:
        values["enrollment_id"] = before[1]["enrollment_id"]
    if participant is None:
        person.enrollment_ids[sector] = str(values["enrollment_id"])
    block.add(sector, "enrollments", values, start, before=before)


def _enrollment(
    block: Block,
    person: Person,
    sector: str,
    status: str,
    start: date,
    end: date | None,
    program: str,
    participant: str | None = None,
) -> Values:
    if program == "high" and person.slot.number % 2:
        program = "blank"  # high_road blank: unknown, and treated as Y
    completed = status == "completed"
    credential = block.rng.choice(_CREDENTIALS) if completed else None
    return {
        "enrollment_id": block.new_id(sector, "enrollments"),
        "participant_id": participant or block.participant_id(person, sector),
        "program_id": program_id(block.seed, sector, program),
        "sector": sector,
        "status": status,
        "training_start_date": iso(start),
        "completion_date": iso(end) if completed else None,
        "withdrawal_date": iso(end) if status == "withdrawn" else None,
        "non_completion_reason": block.rng.choice(_REASONS) if status == "withdrawn" else None,
        "credential_name": credential,
        "credential_date": iso(end) if credential else None,
    }


def _job_center(block: Block, person: Person) -> None:
    slot, start, done = person.slot, person.start, person.completion
    assert slot.ajcc is not None  # set for every person whom a job center knows
    first = (
        start if slot.route == "ajcc" or slot.training == "ajcc_earlier" else start + timedelta(days=slot.number % 4)
    )
    entry = first - timedelta(days=5 + slot.number % 15)
    tag = f"HRTP-{slot.sector.upper()}"
    record = pirl_record(person, entry)
    record["pirl_1300"], record["pirl_1302"], record["pirl_1303"] = "1", iso(first), "06"
    match slot.training:
        case "untagged_completed":
            tag = "WIOA-ADULT"
            record["pirl_1307"], record["pirl_1308"] = "1", iso(min(first + timedelta(days=70), AS_OF))
        case "ajcc_withdrew" | "date_only":
            record["pirl_1308"] = iso(first + timedelta(days=25))
        case "flag_zero":
            record["pirl_1307"], record["pirl_1308"] = "0", iso(first + timedelta(days=25))
        case "second_training":
            record["pirl_1307"], record["pirl_1308"] = "0", iso(first + timedelta(days=20))
            record["pirl_1309"], record["pirl_1310"] = iso(first + timedelta(days=30)), "09"
            record["pirl_1312"], record["pirl_1313"] = "1", iso(done)
        case _ if slot.completed:
            record["pirl_1307"], record["pirl_1308"] = "1", iso(done)
            if slot.number % 3 == 0 and done is not None:
                record["pirl_901"] = iso(min(done + timedelta(days=90), AS_OF))
        case _ if slot.number % 2:
            record["pirl_1307"] = "0"
    element = ("pirl_105", "pirl_106", "pirl_107")[slot.number % 3]
    record[element] = tag
    if element != "pirl_105" and tag.startswith("HRTP"):
        record["pirl_105"] = "CITY-RAMP"
    add_pirl_services(person, record, start)
    block.add(slot.ajcc, "pirl", record, entry)
    block.participant_id(person, slot.ajcc)
    if slot.training == "untagged_too":
        earlier = pirl_record(person, start - timedelta(days=320))
        _untagged(earlier, start - timedelta(days=300))
        block.add(slot.ajcc, "pirl", earlier, entry)
    if slot.identity == "both_ajccs":
        other = AJCCS[1 - AJCCS.index(slot.ajcc)]
        earlier = pirl_record(person, start - timedelta(days=400))
        _untagged(earlier, start - timedelta(days=390))
        block.add(other, "pirl", earlier, entry)
        block.participant_id(person, other)


def _untagged(record: Values, start: date) -> None:
    """Training that is none of ours."""
    record.update(pirl_105="WIOA-ADULT", pirl_1300="1", pirl_1302=iso(start), pirl_1303="01")
    record.update(pirl_1307="1", pirl_1308=iso(start + timedelta(days=60)), pirl_901=iso(start + timedelta(days=150)))


def pirl_record(person: Person, entry: date) -> Values:
    """A period of participation without training or services, on canonical names; dates as everywhere here."""
    races = set((person.race or "").split("|"))
    record: Values = {
        "pirl_100": person.caljobs_id,
        "pirl_103": person.zip,
        "pirl_200": iso(person.identity.date_of_birth),
        "pirl_201": {"male": "1", "female": "2"}.get(person.gender or "", "9"),
        "pirl_210": {"Y": "1", "N": "0"}.get(person.hispanic or "", "9"),
        "pirl_400": _PIRL_EMPLOYMENT.get(person.employment or ""),
        "pirl_704": "0",
        "pirl_800": ("0", "9")[person.slot.number % 2],
        "pirl_801": ("9", "0", None)[person.slot.number % 3],
        "pirl_802": {"Y": "1", "N": "0"}.get(person.flags["low_income"] or "", "9"),
        "pirl_900": iso(entry),
    }
    for race, element in _PIRL_RACES.items():
        record[f"pirl_{element}"] = "9" if person.race is None else "1" if race in races else "0"
    if person.slot.criterion in PIRL_CRITERIA:
        record[PIRL_CRITERIA[person.slot.criterion]] = "1"
    return record


def add_pirl_services(person: Person, record: Values, start: date) -> None:
    """Supportive services as the participant record shows them."""
    match person.slot.service:
        case "ajcc_1409":
            record["pirl_1409"] = iso(min(start + timedelta(days=10 + person.slot.number % 40), AS_OF))
        case "ajcc_1500":
            record["pirl_1500"] = "1"  # without 1409: dated on entry, which is within 30 days before the training
        case "ajcc_day_31":
            record["pirl_1409"] = iso(start - timedelta(days=31))
            record["pirl_1500"] = "0"
