"""Bad rows: each is an extra row which, were it loaded or repaired by a guess, would change a published figure.

Rule ids are those of the rule catalogue. Where a bad row is a participant, good rows of that person stand beside it;
they have nobody to belong to once it is in quarantine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from hrtp.samples.block import Block, record_id
from hrtp.samples.employers import Employer
from hrtp.samples.extras import FIRST_FAULT_SLOT, enrollment, other_person, placement, service
from hrtp.samples.names import ADVERTISING_SSNS
from hrtp.samples.participants import ghost
from hrtp.samples.people import Person
from hrtp.samples.register import partnership
from hrtp.samples.rows import AS_OF, DELTA_DATES, OFFICE, Damage, Fate, Row, Values, iso

#: Slots of the people in bad rows.
TOO_YOUNG, FULL_SSN, NO_NAME, ID_TWICE, ID_TWICE_OTHER, NO_STATUS = range(FIRST_FAULT_SLOT, FIRST_FAULT_SLOT + 6)

_START, _DONE = date(2025, 9, 8), date(2025, 12, 19)
_DELTA = DELTA_DATES[2]
_NO_SUCH_DAY = "2026-02-30"


def full_ssn(block: int) -> str:
    """The whole social security number that one bad row of a block shows; nobody's."""
    return ADVERTISING_SSNS[block % len(ADVERTISING_SSNS)]


def add_faults(block: Block) -> list[tuple[Row, ...]]:
    """Bad rows of the block, in groups that are planted or left out together.

    The good rows that go with them are added to the block at once.
    """
    groups = [
        *_people(block),
        *_training(block),
        *_services(block),
        *_placements(block),
        *_job_centers(block),
    ]
    if block.number == 0:
        groups += _register(block)
    return groups


def _bad(source: str, entity: str, values: Values, rule: str, column: str | None, **more: object) -> Row:
    return Row(source, entity, values, _START, Fate.QUARANTINED, rule, column, **more)  # type: ignore[arg-type]


def _find(block: Block, source: str, fits: Callable[[Person], bool]) -> Person:
    """Somebody whom ``source`` knows and whom one more good row would make count."""
    for person in block.people:
        if source in person.ids and person.slot.second_sector is None and fits(person):
            return person
    raise ValueError(f"the blueprint leaves nobody at {source} for a bad row")


def _ghost(block: Block, source: str, slot: int, born: date | None = None) -> Values:
    """A person who, with the enrollment added here, would be one more enrolled and completed."""
    participant, values = ghost(block, source, slot, born)
    block.add(source, "enrollments", enrollment(block, source, participant, "completed", _START, _DONE), _START)
    block.add(source, "services", service(block, source, participant, _START), _START)
    return values


def _people(block: Block) -> Iterator[tuple[Row, ...]]:
    young = _ghost(block, "construction", TOO_YOUNG, born=date(2015, 1 + block.number % 12, 1 + block.number % 28))
    yield (_bad("construction", "participants", young, "DOB_RANGE", "date_of_birth"),)
    exposed = _ghost(block, "healthcare", FULL_SSN) | {"ssn_last4": full_ssn(block.number)}
    yield (_bad("healthcare", "participants", exposed, "PII_EXCESS", "ssn_last4"),)
    unnamed = _ghost(block, "early_care_education", NO_NAME) | {"last_name": None}
    yield (_bad("early_care_education", "participants", unnamed, "REQUIRED", "last_name"),)
    one = _ghost(block, "aerospace", ID_TWICE)
    two = one | other_person(block, ID_TWICE_OTHER)
    yield (
        _bad("aerospace", "participants", one, "KEY_CONFLICT", None),
        _bad("aerospace", "participants", two, "KEY_CONFLICT", None),
    )
    participant = block.new_id("creative_economy", "participants")
    test: Values = {"participant_id": participant, "first_name": "Test", "last_name": "Participant"}
    test |= {"date_of_birth": "1990-01-01", "homeless": "Y"}
    block.add(
        "creative_economy",
        "enrollments",
        enrollment(block, "creative_economy", participant, "active", _START),
        _START,
    )
    yield (_bad("creative_economy", "participants", test, "TEST_RECORD", None, only=DELTA_DATES[0]),)
    yield (_bad("ajcc_south_bay", "participants", {}, "HEADER_REPEAT", None, damage=Damage.HEADER),)


def _training(block: Block) -> Iterator[tuple[Row, ...]]:
    def uncompleted(source: str) -> Values:
        person = _find(block, source, lambda p: not p.slot.completed and p.start <= date(2026, 6, 1))
        done = person.start + timedelta(days=60)
        return enrollment(block, source, person.ids[source], "completed", person.start, done)

    values = uncompleted("healthcare")
    values["completion_date"] = iso(date.fromisoformat(str(values["training_start_date"])) - timedelta(days=3))
    yield (_bad("healthcare", "enrollments", values, "DATE_ORDER", "completion_date"),)
    values = uncompleted("technology") | {"completion_date": "3/4/26"}  # written as it stands here, in any form
    yield (_bad("technology", "enrollments", values, "DATE_AMBIGUOUS", "completion_date"),)
    participant, person = ghost(block, "technology", NO_STATUS)
    block.add("technology", "participants", person, _START)
    unknown = enrollment(block, "technology", participant, "alumni", _START)
    yield (_bad("technology", "enrollments", unknown, "UNKNOWN_CODE", "status"),)
    # completed after the day through which the file that says so runs
    early = uncompleted("creative_economy") | {
        "training_start_date": iso(_START),
        "completion_date": "2026-09-15",
    }
    yield (_bad("creative_economy", "enrollments", early, "FUTURE_EVENT", "completion_date", only=_DELTA),)


def _services(block: Block) -> Iterator[tuple[Row, ...]]:
    def unsupported(source: str, **changes: str) -> Values:
        person = _find(block, source, lambda p: not p.slot.supported)
        return service(block, source, person.ids[source], min(person.start + timedelta(days=5), AS_OF)) | changes

    values = unsupported("construction", service_type="gas_card")
    yield (_bad("construction", "services", values, "UNKNOWN_CODE", "service_type"),)
    yield (
        _bad(
            "healthcare",
            "services",
            unsupported("healthcare", service_date=_NO_SUCH_DAY),
            "DATE_INVALID",
            "service_date",
        ),
    )
    values = unsupported("early_care_education")
    yield (_bad("early_care_education", "services", values, "RAGGED", None, damage=Damage.SHORT),)


def _placements(block: Block) -> Iterator[tuple[Row, ...]]:
    def unplaced(source: str, **changes: str | None) -> Values:
        person = _find(block, source, lambda p: not p.slot.placed and p.start <= date(2026, 8, 20))
        day = min(person.start + timedelta(days=35), AS_OF)
        sector = person.slot.sector
        return placement(block, source, person.ids[source], day, sector) | changes

    for source, rule, column, changes in (
        ("construction", "WAGE_UNIT", "wage_amount", {"wage_amount": "45760", "wage_unit": "hour"}),
        ("healthcare", "NUMBER_FORMAT", "wage_amount", {"wage_amount": "22,50", "wage_unit": "hour"}),
        ("technology", "WAGE_RANGE", "wage_amount", {"wage_amount": "-18.50", "wage_unit": "hour"}),
        ("early_care_education", "FLAG_FORMAT", "training_related", {"training_related": "perhaps"}),
        (
            "aerospace",
            "REQUIRED",
            "apprenticeship_registration_id",
            {"placement_type": "registered_apprenticeship"},
        ),
        ("ajcc_la_county", "UNKNOWN_CODE", "placement_type", {"placement_type": "gig"}),
    ):
        yield (_bad(source, "placements", unplaced(source, **changes), rule, column),)


def _job_centers(block: Block) -> Iterator[tuple[Row, ...]]:
    def completed_again(source: str) -> Values:
        person = _find(block, source, lambda p: not p.slot.completed)
        entry = person.start - timedelta(days=500)  # a period of participation that the person does not have yet
        record: Values = {"pirl_100": person.caljobs_id, "pirl_105": f"HRTP-{person.slot.sector.upper()}"}
        record |= {"pirl_900": iso(entry), "pirl_1300": "1", "pirl_1302": iso(entry), "pirl_1307": "1"}
        return record | {"pirl_1308": iso(entry - timedelta(days=30))}

    yield (_bad("ajcc_la_county", "pirl", completed_again("ajcc_la_county"), "DATE_ORDER", "pirl_1308"),)
    impossible = completed_again("ajcc_south_bay") | {"pirl_1308": _NO_SUCH_DAY}
    yield (_bad("ajcc_south_bay", "pirl", impossible, "DATE_INVALID", "pirl_1308"),)
    for source, rule, column, begin, end in (
        ("ajcc_la_county", "DATE_INVALID", "begin_date", "2026-06-31", None),
        ("ajcc_south_bay", "DATE_ORDER", "end_date", "2026-07-06", "2026-06-29"),
    ):
        activity: Values = {
            "activity_id": block.new_id(source, "caljobs_activities"),
            "caljobs_id": _find(block, source, lambda p: p.slot.supported).caljobs_id,
            "activity_code": "400",  # summer youth employment, of which the program has none
            "begin_date": begin,
            "end_date": end,
            "completion": "successful" if end else None,
        }
        yield (_bad(source, "caljobs_activities", activity, rule, column),)


def _register(block: Block) -> Iterator[tuple[Row, ...]]:
    """Once, in the first block: registers do not grow with people."""
    program: Values = {
        "program_id": record_id(block.seed, "technology", "programs", 900),
        "program_name": "Robotics Pathway",
        "sector": "technology",
        "program_type": "bootcamp",
        "development_status": "developed",
        "status_date": "2026-02-02",
    }
    yield (_bad("technology", "programs", program, "UNKNOWN_CODE", "program_type"),)
    partner: Values = {
        "partner_id": record_id(block.seed, "healthcare", "partners", 900),
        "organization_name": "Overlook Nurses Union",
        "organization_ein": "95-70000",
        "organization_type": "labor",
        "sector": "healthcare",
        "commitment_status": "committed",
        "commitment_date": "2025-05-05",
    }
    yield (_bad("healthcare", "partners", partner, "EIN_FORMAT", "organization_ein"),)
    row = partnership(block.seed, "construction", 900, Employer("Granite Roofing LLC", None), "in place", "2025-04-01")
    yield (_bad("construction", "employer_partnerships", row.values, "UNKNOWN_CODE", "status"),)
    contract: Values = {
        "contract_id": "DEO-25-010",
        "contractor_name": "Lomita Skills Center",
        "contract_type": "provider",
        "status": "executed",
        "execution_date": "2025-06-02",
        "amount": "100000.00",
    }
    yield (
        _bad(OFFICE, "contracts", contract, "KEY_CONFLICT", None),
        _bad(OFFICE, "contracts", contract | {"amount": "110000.00"}, "KEY_CONFLICT", None),
    )
    report: Values = {
        "deliverable_id": "REPORT-6",
        "version": "1",
        "deliverable_type": "comprehensive_report",
        "title": "Supplement",
        "status": "approved",
        "status_date": "2026-04-01",
    }
    yield (_bad(OFFICE, "deliverables", report, "UNKNOWN_CODE", "status"),)


def add_repeats(block: Block) -> list[Row]:
    """Rows that repeat another one, value by value, and blank rows; they change nothing."""
    repeats = []
    for source, entity in (
        ("construction", "enrollments"),
        ("construction", "services"),
        ("healthcare", "participants"),
        ("technology", "placements"),
        ("ajcc_la_county", "participants"),
        ("ajcc_south_bay", "pirl"),
    ):
        row = next(r for r in block.rows if (r.source, r.entity) == (source, entity) and r.only is None)
        repeats.append(Row(source, entity, row.values, row.since, Fate.DUPLICATE, "EXACT_DUPLICATE"))
    for source, entity in (
        ("construction", "enrollments"),
        ("healthcare", "services"),
        ("ajcc_la_county", "pirl"),
    ):
        repeats.append(Row(source, entity, {}, date(2024, 1, 1), Fate.BLANK))
    return repeats
