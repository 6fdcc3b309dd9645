"""Good rows of every entity as dictionaries, made of canaries, and whole exports of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from hrtp.contracts import load_contracts

Record = dict[str, str]

_COLUMNS = {name: tuple(contract.columns) for name, contract in load_contracts(Path(__file__).parents[3]).items()}
_SECTOR = "construction"


def record(entity: str, number: int, **values: str) -> Record:
    """Good row number ``number`` of an entity, with some values changed."""
    row = _GOOD[entity] | {key: value.format(n=number, born=born(number)) for key, value in _NUMBERED[entity].items()}
    unknown = set(values) - set(_COLUMNS[entity])
    if unknown:
        raise KeyError(f"{entity} has no column {sorted(unknown)}")
    return row | values


def born(number: int) -> str:
    """The birth date of a person; no two of them share it by chance."""
    return f"19{50 + number % 40}-03-{1 + number % 27:02d}"


def records(entity: str, count: int, first: int = 1, **values: str) -> list[Record]:
    """``count`` good rows from number ``first`` on."""
    return [record(entity, number, **values) for number in range(first, first + count)]


def export(entity: str, rows: Iterable[Mapping[str, str]]) -> str:
    """A canonical CSV of all columns of the contract."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS[entity], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


_GOOD: Mapping[str, Record] = {
    "participants": {"last_name": "Quillfeather", "zip": "90012", "gender": "female", "homeless": "N"},
    "enrollments": {
        "program_id": "ZQG1",
        "sector": _SECTOR,
        "status": "completed",
        "training_start_date": "2026-01-05",
        "completion_date": "2026-06-05",
    },
    "services": {"service_type": "housing", "service_date": "2026-05-01"},
    "placements": {
        "employer_name": "Zqe1 Builders",
        "start_date": "2026-07-01",
        "placement_type": "job",
        "training_related": "Y",
        "subsidized": "N",
        "wage_amount": "22.50",
        "wage_unit": "hour",
    },
    "programs": {
        "program_name": "Zqg1 carpentry",
        "sector": _SECTOR,
        "program_type": "training",
        "development_status": "developed",
        "status_date": "2025-11-01",
    },
    "employer_partnerships": {"sector": _SECTOR, "status": "established", "established_date": "2025-10-01"},
    "pirl": {"pirl_103": "90012", "pirl_200": "19900228", "pirl_900": "20260105"},
    "caljobs_activities": {"activity_code": "328", "begin_date": "2026-02-01"},
}
_NUMBERED: Mapping[str, Record] = {
    "participants": {
        "participant_id": "ZQP{n}",
        "first_name": "Zqf{n}",
        "date_of_birth": "{born}",
        "ssn_last4": "{n:04d}",
    },
    "enrollments": {"enrollment_id": "ZQN{n}", "participant_id": "ZQP{n}"},
    "services": {"service_id": "ZQS{n}", "participant_id": "ZQP{n}", "amount": "{n}.50"},
    "placements": {"placement_id": "ZQL{n}", "participant_id": "ZQP{n}"},
    "programs": {"program_id": "ZQG{n}"},
    "employer_partnerships": {"partnership_id": "ZQQ{n}", "employer_name": "Zqe{n} Works"},
    "pirl": {"pirl_100": "ZQX{n}"},
    "caljobs_activities": {"activity_id": "ZQA{n}", "caljobs_id": "ZQX{n}"},
}
