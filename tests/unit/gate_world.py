"""A world for tests of the gate: valid rows of every entity, and frames as the reader makes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from hrtp.contracts import EntityContract, load_contracts
from hrtp.gate import GateResult, run_gate
from hrtp.gate.sink import DocsSink
from hrtp.sources import SourceConfig

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = load_contracts(PROJECT)
DATA_THROUGH = dt.date(2026, 9, 30)
RECEIVED = dt.date(2026, 10, 1)

Row = dict[str, str | None]

VALID: Mapping[str, Row] = {
    "participants": {
        "participant_id": "P",
        "first_name": "Ana",
        "last_name": "Lopez",
        "date_of_birth": "1990-02-28",
        "ssn_last4": "0012",
        "zip": "90012",
        "gender": "female",
        "race": "asian|white",
        "hispanic": "N",
        "employment_status_at_entry": "unemployed",
    },
    "enrollments": {
        "enrollment_id": "E",
        "participant_id": "P1",
        "program_id": "G1",
        "sector": "construction",
        "status": "completed",
        "training_start_date": "2026-01-05",
        "completion_date": "2026-06-05",
        "withdrawal_date": None,
        "credential_date": "2026-06-10",
    },
    "services": {
        "service_id": "S",
        "participant_id": "P1",
        "service_type": "childcare",
        "service_date": "2026-03-04",
        "amount": "120.50",
    },
    "placements": {
        "placement_id": "L",
        "participant_id": "P1",
        "enrollment_id": None,
        "employer_name": "Bay Builders",
        "employer_ein": "12-3456789",
        "start_date": "2026-07-01",
        "placement_type": "job",
        "apprenticeship_registration_id": None,
        "training_related": "Y",
        "wage_amount": "22.50",
        "wage_unit": "hour",
        "hours_per_week": "40",
    },
    "programs": {
        "program_id": "G",
        "program_name": "Carpentry",
        "sector": "construction",
        "program_type": "training",
        "development_status": "developed",
        "status_date": "2025-11-01",
        "high_road": None,
    },
    "partners": {
        "partner_id": "R",
        "organization_name": "Local 7",
        "organization_ein": None,
        "organization_type": "labor",
        "sector": None,
        "commitment_status": "withdrawn",
        "commitment_date": "2025-10-01",
        "withdrawn_date": "2026-02-01",
    },
    "employer_partnerships": {
        "partnership_id": "Q",
        "employer_name": "Bay Builders",
        "employer_ein": "12-3456789",
        "sector": "construction",
        "status": "established",
        "established_date": "2025-10-01",
        "ended_date": None,
    },
    "contracts": {
        "contract_id": "C",
        "contractor_name": "Trade College",
        "contract_type": "provider",
        "sector": None,
        "status": "executed",
        "execution_date": "2025-09-01",
    },
    "deliverables": {
        "deliverable_id": "D",
        "version": "1",
        "deliverable_type": "strategy_plan",
        "sector": "healthcare",
        "title": "Plan",
        "status": "final",
        "status_date": "2026-01-01",
    },
    "milestones": {"milestone_key": "apprenticeship_portal_launch", "achieved_date": "2026-01-01"},
    "pirl": {
        "pirl_100": "X",
        "pirl_103": "90012",
        "pirl_105": "HRTP-HEALTHCARE",
        "pirl_200": "1990-02-28",
        "pirl_201": "2",
        "pirl_400": "0",
        "pirl_801": "9",
        "pirl_900": "2026-01-05",
        "pirl_901": "2026-08-01",
        "pirl_1302": "2026-02-01",
        "pirl_1303": "06",
        "pirl_1307": "1",
        "pirl_1308": "2026-06-01",
        "pirl_1309": None,
        "pirl_1313": None,
        "pirl_1314": None,
        "pirl_1318": None,
        "pirl_1409": "2026-03-01",
        "pirl_1500": "1",
    },
    "caljobs_activities": {
        "activity_id": "A",
        "caljobs_id": "X1",
        "activity_code": "328",
        "begin_date": "2026-02-01",
        "end_date": "2026-04-01",
        "completion": "successful",
    },
}


def contract_of(entity: str) -> EntityContract:
    return CONTRACTS[entity]


def source_of(entity: str = "participants", **changes: object) -> SourceConfig:
    """A source of the first kind that delivers the entity; an intermediary is construction's."""
    kind = sorted(contract_of(entity).kinds, reverse=True)[0]
    described: dict[str, object] = {
        "source": "construction" if kind == "sector_intermediary" else "some_source",
        "name": "Some partner",
        "kind": kind,
        "owner": {"name": "Desk", "email": "desk@example.org"},
        "transport": {"url": "file:/nowhere"},
    }
    if kind == "sector_intermediary":
        described["sector"] = "construction"
    return SourceConfig.model_validate(described | changes)


def valid_rows(entity: str, count: int) -> list[Row]:
    """So many valid rows with keys of their own."""
    key = contract_of(entity).key[0]
    rows = [dict(VALID[entity]) for _ in range(count)]
    if entity != "milestones":  # it has one key only
        for number, row in enumerate(rows):
            row[key] = f"{row[key]}{number:04d}"
    return rows


def frame_of(
    entity: str,
    rows: Sequence[Mapping[str, str | None]],
    *,
    read_issues: Mapping[int, str] | None = None,
    value_issues: Mapping[tuple[int, str], str] | None = None,
) -> pd.DataFrame:
    """The frame that the reader would hand on; issues are by the row's place in ``rows``."""
    columns = [name for name in contract_of(entity).columns if any(name in row for row in rows)]
    frame = pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns})
    frame.insert(0, "row_number", pd.Series(range(2, len(rows) + 2), dtype="int64"))
    for name in columns:
        if contract_of(entity).columns[name].type in {"date", "decimal", "integer", "flag", "digits", "ein"}:
            frame[f"{name}__issue"] = pd.Series(None, index=frame.index, dtype=object)
    frame["_read_issue"] = pd.Series(None, index=frame.index, dtype=object)
    for place, code in (read_issues or {}).items():
        frame.loc[place, [*columns]] = None
        frame.loc[place, "_read_issue"] = code
    for (place, column), code in (value_issues or {}).items():
        frame.loc[place, column] = None
        frame.loc[place, f"{column}__issue"] = code
    return frame


def header_only(entity: str) -> pd.DataFrame:
    """The frame of a file with a header and no rows."""
    return frame_of(entity, [VALID[entity]]).iloc[:0]


def judge(
    entity: str,
    frame: pd.DataFrame,
    source: SourceConfig | None = None,
    *,
    data_through: dt.date = DATA_THROUGH,
    docs: DocsSink | None = None,
) -> GateResult:
    return run_gate(
        frame,
        contract_of(entity),
        source or source_of(entity),
        data_through=data_through,
        received_date=RECEIVED,
        docs=docs,
    )


def broken(result: GateResult) -> list[tuple[int, str, str | None]]:
    """(row number, rule, column) of every finding."""
    return [(one.row_number, one.rule_id, one.column_name) for one in result.findings]
