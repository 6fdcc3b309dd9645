"""A small county of canaries: three partners, two nights, every container; who will go stands in all of it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.privacy.people import HEADER, Canary, canary
from tests.unit.reading_world import workbook

PEOPLE = [canary(number) for number in range(24)]
#: The one who asks to be forgotten; known to three partners, and to the state.
WHO = PEOPLE[1]
STAYING = [person for person in PEOPLE if person is not WHO]
#: What WHO is called elsewhere.
AEROSPACE_ID, AJCC_ID = "A-zwyqk-7", "LAzwyqk77"

_ENROLLMENTS = "enrollment_id,participant_id,program_id,sector,status,training_start_date,completion_date"
_PLACEMENTS = (
    "placement_id,participant_id,enrollment_id,employer_name,start_date,placement_type,training_related,"
    "wage_amount,wage_unit,hours_per_week"
)
_SERVICES = "service_id,participant_id,service_type,service_date,amount"


def wage_of(person: Canary) -> int:
    """Dollars an hour; WHO earns most."""
    return 60 if person is WHO else 20 + (PEOPLE.index(person) if person in PEOPLE else 0)


def lines(header: str, rows: Iterable[str], end: str = "\n") -> str:
    return end.join([header, *rows]) + end


def enrollments(people: list[Canary]) -> list[str]:
    return [f"E{i},{p.own},G1,construction,completed,2026-01-05,2026-05-0{1 + i % 9}" for i, p in enumerate(people)]


def placements(people: list[Canary]) -> list[str]:
    return [
        f"J{i},{p.own},E{i},Foothill Steel Works,2026-06-01,job,Y,{wage_of(p)},hour,40" for i, p in enumerate(people)
    ]


def services(people: list[Canary]) -> list[str]:
    return [f"S{i},{p.own},housing,2026-02-01,100" for i, p in enumerate(people)]


def write(folder: Path) -> None:
    """Write every partner's exports below ``folder``."""
    for path, data in files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)


def files() -> dict[str, str | bytes]:
    """All exports, by path."""
    program = "program_id,program_name,sector,program_type,development_status,high_road"
    held = [f"X{i},{WHO.own if i == 3 else PEOPLE[i].own},yacht,2026-02-01,1" for i in range(9)]
    return {
        "construction/participants_20260831.csv": lines(HEADER, [p.row() for p in PEOPLE[:20]]),
        "construction/participants_20260930.csv": lines(
            HEADER, [p.row(zip='"90011\n"' if p is WHO else "90011") for p in PEOPLE], "\r\n"
        ),
        "construction/programs_20260930.csv": lines(program, ["G1,Steel,construction,training,existing,Y"]),
        "construction/enrollments_20260930.csv": lines(_ENROLLMENTS, enrollments(PEOPLE)),
        "construction/placements_20260930.csv": lines(_PLACEMENTS, placements(PEOPLE)),
        # one row of theirs in quarantine, which quotes their names in wrong columns
        "construction/services_20260831.csv": lines(
            _SERVICES, [*services(PEOPLE), f"S99,{WHO.own},{WHO.first} {WHO.last},{WHO.born},{WHO.ssn4}"]
        ),
        # held: too many bad rows
        "construction/services_20260930.csv": lines(_SERVICES, [*services(PEOPLE[:9]), *held]),
        # rejected: a quote is open, so nobody can say where rows end
        "construction/partners_20260930.csv": f'partner_id,organization_name\n1,"{WHO.first} {WHO.last}\n2,x\n',
        "aerospace/aerospace_20260930.zip": aerospace(),
        "ajcc_la_county/participants_20260930.csv": lines(
            HEADER, [WHO.row(own=AJCC_ID, date_of_birth="1950-01-01"), STAYING[3].row(own="LA3")]
        ).encode("utf-8-sig"),
        "ajcc_la_county/caljobs_activities_20260930.csv": lines(
            "activity_id,caljobs_id,activity_code,begin_date",
            [f"C1,{WHO.state_id},181,2026-03-09", f"C2,{STAYING[3].state_id},181,2026-03-09"],
        ),
        "ajcc_la_county/pirl_20260930.csv": pirl(),
    }


def pirl() -> str:
    """The state's own extract: id and birth date, no name."""
    rows = [f"{p.state_id},90011,{p.born.replace('-', '')},20260301" for p in (STAYING[3], WHO, STAYING[5])]
    return lines("PIRL 100,PIRL 103,PIRL 200,PIRL 900", rows)


def aerospace() -> bytes:
    """A zip of one workbook with a table each of participants and enrollments."""

    def more(book: Any, page: Any) -> None:
        second = book.create_sheet("enrollments")
        second.append(_ENROLLMENTS.split(","))
        second.append(["E1", AEROSPACE_ID, "G1", "aerospace", "active", "2026-02-01", ""])
        second.append(["E2", "A2", "G1", "aerospace", "active", "2026-02-01", ""])

    rows = [HEADER, WHO.row(own=AEROSPACE_ID), STAYING[4].row(own="A2")]
    data = workbook([next(csv.reader([row])) for row in rows], "participants", more)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("aerospace_20260930.xlsx", data)
    return buffer.getvalue()
