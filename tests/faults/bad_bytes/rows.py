"""Good rows of two entities as CSV, made of canaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

#: What no log, error, manifest, quarantine row or page may ever hold.
CANARY = re.compile(r"zq[a-z]\d|quillf[eé]ather|zqyacht|000-00-\d{4}", re.IGNORECASE)

SERVICES_HEADER = "service_id,participant_id,service_type,service_date,amount"
PARTICIPANTS_HEADER = (
    "participant_id,first_name,last_name,date_of_birth,ssn_last4,caljobs_id,email,phone,zip,census_tract,gender,race,"
    "hispanic,systems_involved,systems_impacted,homeless,foster_youth,veteran,disability,low_income,"
    "employment_status_at_entry"
)


def service(number: int, **values: str) -> str:
    """A good row of services; the person is one of six."""
    row = {
        "service_id": f"ZQS{number}",
        "participant_id": f"ZQP{1 + (number - 1) % 6}",
        "service_type": "housing",
        "service_date": "2026-05-01",
        "amount": f"{100 + number}.5",
    } | values
    return ",".join(row.values())


def participant(number: int, **values: str) -> str:
    """A good row of participants."""
    row = (
        dict.fromkeys(PARTICIPANTS_HEADER.split(","), "")
        | {
            "participant_id": f"ZQP{number}",
            "first_name": f"Zqf{number}",
            "last_name": "Quillfeather",
            "date_of_birth": f"19{70 + number % 30}-02-{1 + number % 28:02d}",
            "ssn_last4": f"{4000 + 7 * number % 1000}",
            "zip": "90012",
            "gender": "female",
            "homeless": "N",
        }
        | values
    )
    return ",".join(row.values())


def csv_of(header: str, rows: Iterable[str], end: str = "\n") -> str:
    """Header and rows as a partner's system writes them."""
    return end.join([header, *rows]) + end


def services_csv(*extra: str, first: int = 1, count: int = 6, end: str = "\n", header: str = SERVICES_HEADER) -> str:
    """``count`` good services from number ``first`` on, then ``extra`` rows as they stand."""
    return csv_of(header, [*good_services(first, count), *extra], end)


def good_services(first: int = 1, count: int = 6) -> Sequence[str]:
    """Rows of services, numbered."""
    return [service(number) for number in range(first, first + count)]


def participants_csv(*extra: str, first: int = 1, count: int = 6) -> str:
    """``count`` good participants from number ``first`` on, then ``extra`` rows as they stand."""
    return csv_of(PARTICIPANTS_HEADER, [*(participant(n) for n in range(first, first + count)), *extra])
