"""Every rule: the one bad row gets that rule's id, and its neighbours load."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import pytest

from hrtp.contracts import load_catalogue
from hrtp.gate import GateResult
from tests.unit.gate_world import (
    CONTRACTS,
    PROJECT,
    VALID,
    Row,
    broken,
    frame_of,
    header_only,
    judge,
    source_of,
    valid_rows,
)

BAD_ROW = 2
BAD_ROW_NUMBER = BAD_ROW + 2
ROWS = 5

# rule, entity, what is changed in the row, the column that the finding names
BAD_VALUES: list[tuple[str, str, Row, str]] = [
    ("REQUIRED", "participants", {"first_name": None}, "first_name"),
    ("REQUIRED", "enrollments", {"training_start_date": None}, "training_start_date"),
    ("REQUIRED", "enrollments", {"completion_date": None}, "completion_date"),
    ("REQUIRED", "placements", {"wage_unit": None}, "wage_unit"),
    (
        "REQUIRED",
        "placements",
        {"placement_type": "registered_apprenticeship", "apprenticeship_registration_id": None},
        "apprenticeship_registration_id",
    ),
    ("REQUIRED", "programs", {"status_date": None, "development_status": "expanded"}, "status_date"),
    ("REQUIRED", "partners", {"withdrawn_date": None}, "withdrawn_date"),
    ("REQUIRED", "partners", {"commitment_date": None, "commitment_status": "committed"}, "commitment_date"),
    ("REQUIRED", "employer_partnerships", {"established_date": None}, "established_date"),
    ("REQUIRED", "contracts", {"execution_date": None, "status": "terminated"}, "execution_date"),
    ("REQUIRED", "deliverables", {"sector": None}, "sector"),
    ("REQUIRED", "deliverables", {"status_date": None}, "status_date"),
    ("REQUIRED", "pirl", {"pirl_900": None}, "pirl_900"),
    ("UNKNOWN_CODE", "participants", {"gender": "Weiblich"}, "gender"),
    ("UNKNOWN_CODE", "participants", {"race": "asian|green"}, "race"),
    ("UNKNOWN_CODE", "enrollments", {"sector": "constuction"}, "sector"),
    ("UNKNOWN_CODE", "enrollments", {"status": "done"}, "status"),
    ("UNKNOWN_CODE", "contracts", {"sector": "all"}, "sector"),
    ("UNKNOWN_CODE", "pirl", {"pirl_1303": "13"}, "pirl_1303"),
    ("EIN_FORMAT", "placements", {"employer_ein": "123-456789"}, "employer_ein"),
    ("ZIP_FORMAT", "participants", {"zip": "9012"}, "zip"),
    ("ZIP_FORMAT", "pirl", {"pirl_103": "9012"}, "pirl_103"),
    ("DOB_RANGE", "participants", {"date_of_birth": "2026-10-01"}, "date_of_birth"),
    ("DOB_RANGE", "participants", {"date_of_birth": "2012-10-01"}, "date_of_birth"),
    ("DOB_RANGE", "participants", {"date_of_birth": "1925-09-30"}, "date_of_birth"),
    ("DOB_RANGE", "pirl", {"pirl_200": "2020-01-01"}, "pirl_200"),
    ("FUTURE_EVENT", "services", {"service_date": "2026-10-01"}, "service_date"),
    ("FUTURE_EVENT", "placements", {"start_date": "2027-01-01"}, "start_date"),
    (
        "FUTURE_EVENT",
        "enrollments",
        {"status": "active", "training_start_date": "2026-10-01", "completion_date": None},
        "training_start_date",
    ),
    ("FUTURE_EVENT", "milestones", {"achieved_date": "2026-10-01"}, "achieved_date"),
    ("FUTURE_EVENT", "pirl", {"pirl_1409": "2026-10-01"}, "pirl_1409"),
    ("WAGE_RANGE", "placements", {"wage_amount": "0"}, "wage_amount"),
    ("WAGE_RANGE", "placements", {"wage_amount": "-22.50"}, "wage_amount"),
    ("WAGE_RANGE", "placements", {"wage_amount": "150.01"}, "wage_amount"),
    ("WAGE_RANGE", "placements", {"wage_amount": "9999"}, "wage_amount"),
    ("WAGE_RANGE", "placements", {"wage_amount": "45760", "wage_unit": "month"}, "wage_amount"),
    ("WAGE_UNIT", "placements", {"wage_amount": "45760"}, "wage_amount"),
    ("WAGE_UNIT", "placements", {"wage_amount": "22.50", "wage_unit": "year"}, "wage_amount"),
    ("HOURS_RANGE", "placements", {"wage_unit": "week", "wage_amount": "900", "hours_per_week": "0"}, "hours_per_week"),
    ("TEST_RECORD", "participants", {"first_name": "TEST", "last_name": "Demo2"}, "first_name"),
    (
        "DATE_ORDER",
        "enrollments",
        {"completion_date": "2026-01-04", "credential_date": None},
        "completion_date",
    ),
    (
        "DATE_ORDER",
        "enrollments",
        {"status": "withdrawn", "completion_date": None, "withdrawal_date": "2026-01-04"},
        "withdrawal_date",
    ),
    ("DATE_ORDER", "pirl", {"pirl_901": "2026-01-04", "pirl_1302": None, "pirl_1308": None}, "pirl_901"),
    ("DATE_ORDER", "pirl", {"pirl_901": "2026-01-31"}, "pirl_901"),
    ("DATE_ORDER", "pirl", {"pirl_1308": "2026-01-31"}, "pirl_1308"),
    ("DATE_ORDER", "pirl", {"pirl_1309": "2026-03-01", "pirl_1313": "2026-02-28"}, "pirl_1313"),
    ("DATE_ORDER", "pirl", {"pirl_1314": "2026-03-01", "pirl_1318": "2026-02-28"}, "pirl_1318"),
    ("DATE_ORDER", "caljobs_activities", {"end_date": "2026-01-31"}, "end_date"),
]

WARNED_VALUES: list[tuple[str, str, Row, str]] = [
    ("ZIP_OUT_OF_COUNTY", "participants", {"zip": "92101"}, "zip"),
    ("ZIP_OUT_OF_COUNTY", "pirl", {"pirl_103": "10001"}, "pirl_103"),
    ("TEST_NAME", "participants", {"last_name": "Test"}, "first_name"),
    ("WAGE_BELOW_MINIMUM", "placements", {"wage_amount": "16.89"}, "wage_amount"),
    (
        "WAGE_BELOW_MINIMUM",
        "placements",
        {"wage_amount": "35000", "wage_unit": "year", "hours_per_week": None},
        "wage_amount",
    ),
    ("HOURS_ODD", "placements", {"hours_per_week": "0"}, "hours_per_week"),
    ("DATE_ORDER_ODD", "partners", {"withdrawn_date": "2025-09-01"}, "withdrawn_date"),
    ("DATE_ORDER_ODD", "employer_partnerships", {"ended_date": "2025-09-01"}, "ended_date"),
]

# What must not be mistaken for a fault: every row loads without finding or warning.
HARMLESS: list[tuple[str, Row]] = [
    ("participants", {"participant_id": "a b/ü#007"}),
    ("participants", {"zip": "90012-1234"}),
    ("participants", {"zip": None, "gender": None, "race": None, "hispanic": None}),
    ("participants", {"first_name": "Null", "last_name": "NA"}),
    ("participants", {"date_of_birth": "2012-09-30"}),
    ("participants", {"date_of_birth": "1925-10-01"}),
    ("participants", {"date_of_birth": "2004-02-29"}),
    (
        "enrollments",
        {"status": "applied", "training_start_date": None, "completion_date": None, "credential_date": None},
    ),
    (
        "enrollments",
        {
            "status": "waitlisted",
            "training_start_date": "2027-02-01",
            "completion_date": None,
            "credential_date": None,
        },
    ),
    (
        "enrollments",
        {
            "status": "cancelled",
            "training_start_date": "2026-08-01",
            "withdrawal_date": "2026-07-01",
            "completion_date": None,
            "credential_date": None,
        },
    ),
    ("enrollments", {"completion_date": "2026-01-05", "credential_date": None}),
    ("enrollments", {"completion_date": "2026-09-30"}),
    ("placements", {"wage_amount": None, "wage_unit": None, "hours_per_week": None}),
    ("placements", {"wage_amount": None, "wage_unit": "hour"}),
    ("placements", {"wage_amount": "150"}),
    ("placements", {"wage_amount": "900", "wage_unit": "week", "hours_per_week": "40"}),
    ("placements", {"wage_amount": "3900", "wage_unit": "month", "hours_per_week": None}),
    ("placements", {"wage_amount": "312000", "wage_unit": "year", "hours_per_week": "40"}),
    ("placements", {"wage_amount": "16.90"}),
    ("placements", {"wage_amount": "16.50", "start_date": "2025-12-31"}),
    ("placements", {"placement_type": "registered_apprenticeship", "apprenticeship_registration_id": "R/1"}),
    ("placements", {"start_date": "2019-01-02"}),
    ("services", {"amount": "-5", "service_type": "summer_youth_employment"}),
    ("programs", {"development_status": "planned", "status_date": "2027-01-01"}),
    ("programs", {"development_status": "existing", "status_date": None}),
    (
        "partners",
        {"commitment_status": "pending", "commitment_date": "2027-01-01", "withdrawn_date": None, "sector": None},
    ),
    ("partners", {"commitment_status": "committed", "withdrawn_date": None, "sector": "construction"}),
    ("employer_partnerships", {"status": "prospective", "established_date": None}),
    ("employer_partnerships", {"ended_date": "2027-06-30"}),
    ("contracts", {"status": "pending", "execution_date": None}),
    ("deliverables", {"status": "draft", "status_date": None}),
    ("deliverables", {"deliverable_type": "comprehensive_report", "sector": None}),
    ("pirl", {name: None for name in VALID["pirl"] if name not in ("pirl_100", "pirl_900")}),
    ("caljobs_activities", {"activity_code": "999"}),
    ("caljobs_activities", {"completion": None, "end_date": "2027-01-01"}),
    ("milestones", {"achieved_date": None}),
]


@lru_cache
def judged(entity: str) -> tuple[GateResult, dict[int, Row]]:
    """One run over all cases of the entity, a valid row between any two; and the changed rows by row number."""
    cases = [case[2] for case in BAD_VALUES + WARNED_VALUES if case[1] == entity]
    cases += [changes for name, changes in HARMLESS if name == entity]
    rows = valid_rows(entity, 2 * len(cases) + 1)
    changed = {}
    for number, changes in enumerate(cases):
        rows[2 * number + 1] |= changes
        changed[2 * number + 3] = changes
    return judge(entity, frame_of(entity, rows)), changed


def verdict(entity: str, changes: Row) -> tuple[list[tuple[str, str | None, str]], list[str]]:
    """(rule, column, severity) of the findings of the row so changed, and its warnings."""
    if entity == "milestones":  # it has one key only, so a file has one row
        result, row_number = judge(entity, frame_of(entity, [VALID[entity] | changes])), 2
    else:
        result, changed = judged(entity)
        row_number = next(number for number, case in changed.items() if case is changes)
    assert result.rejected is None
    found = [(f.rule_id, f.column_name, f.severity) for f in result.findings if f.row_number == row_number]
    return found, result.row_warnings.get(row_number, [])


@pytest.mark.parametrize("entity", sorted(CONTRACTS))
def test_a_valid_file_of_every_entity_loads_whole_and_without_a_word(entity: str) -> None:
    rows = valid_rows(entity, 1 if entity == "milestones" else ROWS)
    result = judge(entity, frame_of(entity, rows))
    assert (result.rejected, result.held, result.findings, result.duplicates) == (None, None, [], [])
    assert not result.warnings
    assert result.loaded == len(rows)


@pytest.mark.parametrize(("rule_id", "entity", "changes", "column"), BAD_VALUES)
def test_a_bad_value_sends_its_row_to_quarantine(rule_id: str, entity: str, changes: Row, column: str) -> None:
    assert verdict(entity, changes) == ([(rule_id, column, "error")], [])


@pytest.mark.parametrize(("rule_id", "entity", "changes", "column"), WARNED_VALUES)
def test_an_odd_value_loads_with_a_warning(rule_id: str, entity: str, changes: Row, column: str) -> None:
    assert verdict(entity, changes) == ([], [rule_id])
    assert judged(entity)[0].warnings[rule_id, column] == len([c for c in WARNED_VALUES if c[:2] == (rule_id, entity)])


@pytest.mark.parametrize(("entity", "changes"), HARMLESS)
def test_a_legal_value_is_not_mistaken_for_a_fault(entity: str, changes: Row) -> None:
    assert verdict(entity, changes) == ([], [])


@pytest.mark.parametrize("entity", sorted(set(CONTRACTS) - {"milestones"}))
def test_the_neighbours_of_bad_rows_load(entity: str) -> None:
    result, changed = judged(entity)
    bad = [case for case in BAD_VALUES if case[1] == entity]
    assert result.quarantined <= set(changed)
    assert len(result.quarantined) == len(bad)
    assert result.loaded == result.rows - len(bad)
    assert result.duplicates == []


READER_ROW_CODES = ["RAGGED", "CONTROL_CHAR", "TOO_LONG", "HEADER_REPEAT", "TRAILER", "FORMULA", "SCI_NOTATION"]
READER_VALUE_CODES = [
    ("DATE_FORMAT", "date_of_birth"),
    ("DATE_AMBIGUOUS", "date_of_birth"),
    ("DATE_INVALID", "date_of_birth"),
    ("FLAG_FORMAT", "hispanic"),
    ("DIGITS_FORMAT", "ssn_last4"),
    ("PII_EXCESS", "ssn_last4"),
]


@pytest.mark.parametrize("code", READER_ROW_CODES)
def test_a_row_that_the_reader_refused_has_that_reason_and_no_other(code: str) -> None:
    frame = frame_of("participants", valid_rows("participants", ROWS), read_issues={BAD_ROW: code})
    result = judge("participants", frame)
    assert broken(result) == [(BAD_ROW_NUMBER, code, None)]
    assert result.loaded == ROWS - 1


@pytest.mark.parametrize(("code", "column"), READER_VALUE_CODES)
def test_a_value_that_the_reader_refused_has_that_reason_and_is_not_called_missing(code: str, column: str) -> None:
    rows = valid_rows("participants", ROWS)
    result = judge("participants", frame_of("participants", rows, value_issues={(BAD_ROW, column): code}))
    assert broken(result) == [(BAD_ROW_NUMBER, code, column)]
    assert result.loaded == ROWS - 1


@pytest.mark.parametrize("code", ["NUMBER_FORMAT", "NUMBER_UNIT"])
def test_a_wage_that_the_reader_refused_does_not_ask_for_its_unit(code: str) -> None:
    rows = valid_rows("placements", ROWS)
    result = judge("placements", frame_of("placements", rows, value_issues={(BAD_ROW, "wage_amount"): code}))
    assert broken(result) == [(BAD_ROW_NUMBER, code, "wage_amount")]


def test_two_refused_values_of_a_row_are_both_named() -> None:
    issues = {(BAD_ROW, "date_of_birth"): "DATE_FORMAT", (BAD_ROW, "hispanic"): "FLAG_FORMAT"}
    result = judge("participants", frame_of("participants", valid_rows("participants", ROWS), value_issues=issues))
    assert broken(result) == [
        (BAD_ROW_NUMBER, "DATE_FORMAT", "date_of_birth"),
        (BAD_ROW_NUMBER, "FLAG_FORMAT", "hispanic"),
    ]
    assert result.loaded == ROWS - 1


@pytest.mark.parametrize("entity", sorted(CONTRACTS))
def test_a_missing_required_column_rejects_the_file_and_is_named(entity: str) -> None:
    required = CONTRACTS[entity].required_columns[0]
    frame = frame_of(entity, valid_rows(entity, 1)).drop(columns=required)
    result = judge(entity, frame)
    assert result.rejected == "MISSING_COLUMN"
    assert result.detail == f"required columns are missing: {required}"
    assert result.loaded == 0


def test_a_conditional_column_that_is_missing_fails_only_the_rows_that_need_it() -> None:
    rows = valid_rows("placements", ROWS)
    rows[BAD_ROW]["placement_type"] = "registered_apprenticeship"
    frame = frame_of("placements", rows).drop(columns="apprenticeship_registration_id")
    assert broken(judge("placements", frame)) == [(BAD_ROW_NUMBER, "REQUIRED", "apprenticeship_registration_id")]


EMPTY_IS_NORMAL = {"services", "placements", "caljobs_activities", "milestones"}


@pytest.mark.parametrize("entity", sorted(CONTRACTS))
def test_a_header_alone_is_rejected_unless_an_empty_list_is_normal(entity: str) -> None:
    result = judge(entity, header_only(entity))
    assert result.rejected == (None if entity in EMPTY_IS_NORMAL else "EMPTY_EXPORT")
    assert result.rows == 0


def test_a_source_may_declare_that_its_list_can_be_empty() -> None:
    source = source_of("partners", entities={"partners": {"allow_empty": True}})
    assert judge("partners", header_only("partners"), source).rejected is None


SECTORED = ["enrollments", "programs", "partners", "employer_partnerships"]


@pytest.mark.parametrize("entity", SECTORED)
def test_another_sector_in_an_intermediarys_file_rejects_the_file(entity: str) -> None:
    rows = valid_rows(entity, ROWS)
    rows[BAD_ROW]["sector"] = "aerospace"
    result = judge(entity, frame_of(entity, rows))
    assert result.rejected == "WRONG_SOURCE"
    assert "1 of 5 rows, the first is row 4" in result.detail
    assert (result.findings, result.loaded) == ([], 0)


def test_the_program_office_reports_on_every_sector() -> None:
    rows = valid_rows("deliverables", 2)
    rows[0]["sector"], rows[1]["sector"] = "aerospace", "technology"
    assert judge("deliverables", frame_of("deliverables", rows)).loaded == 2


def test_a_new_intermediary_may_report_a_sector_that_is_new_to_the_list() -> None:
    rows = [row | {"sector": "hospitality"} for row in valid_rows("programs", ROWS)]
    source = source_of("programs", source="hospitality", sector="hospitality")
    assert judge("programs", frame_of("programs", rows), source).loaded == ROWS


def test_exact_repeats_are_dropped_and_the_first_is_kept() -> None:
    rows = valid_rows("services", ROWS)
    rows[3], rows[4] = dict(rows[1]), dict(rows[1])
    result = judge("services", frame_of("services", rows))
    assert (result.duplicates, result.findings, result.loaded) == ([5, 6], [], 3)
    assert not result.warnings


def test_one_key_with_two_contents_quarantines_both() -> None:
    rows = valid_rows("services", ROWS)
    rows[3] = rows[1] | {"amount": "7"}
    result = judge("services", frame_of("services", rows))
    assert broken(result) == [(3, "KEY_CONFLICT", "service_id"), (5, "KEY_CONFLICT", "service_id")]
    assert (result.duplicates, result.loaded) == ([], 3)


def test_a_key_of_two_columns_conflicts_only_where_both_agree() -> None:
    rows = valid_rows("deliverables", 1) * 3
    rows = [dict(row) for row in rows]
    rows[1]["version"] = "2"
    rows[2]["title"] = "Another plan"
    result = judge("deliverables", frame_of("deliverables", rows))
    assert broken(result) == [(2, "KEY_CONFLICT", "deliverable_id"), (4, "KEY_CONFLICT", "deliverable_id")]


def test_wages_are_judged_by_the_minimum_of_the_day_the_job_began() -> None:
    rows = valid_rows("placements", 3)
    for row, day in zip(rows, ("2024-12-31", "2025-01-01", "2026-01-01"), strict=True):
        row |= {"start_date": day, "wage_amount": "16.20"}
    assert judge("placements", frame_of("placements", rows)).row_warnings == {
        3: ["WAGE_BELOW_MINIMUM"],
        4: ["WAGE_BELOW_MINIMUM"],
    }


def test_age_counts_to_the_day_the_export_runs_through() -> None:
    rows = [valid_rows("participants", 1)[0] | {"date_of_birth": "2012-09-30"}]
    frame = frame_of("participants", rows)
    assert judge("participants", frame, data_through=dt.date(2026, 9, 29)).loaded == 0
    assert judge("participants", frame, data_through=dt.date(2026, 9, 30)).loaded == 1


def test_every_gate_rule_of_the_catalogue_has_a_case_here() -> None:
    gate_rules = {one.id for one in load_catalogue(PROJECT).values() if one.found_by == "gate"}
    elsewhere = {"EMPTY_EXPORT", "MISSING_COLUMN", "WRONG_SOURCE", "EXACT_DUPLICATE", "KEY_CONFLICT"}
    elsewhere |= {"HELD_QUARANTINE_SHARE"}
    assert gate_rules - elsewhere == {case[0] for case in BAD_VALUES + WARNED_VALUES}
