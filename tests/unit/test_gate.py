"""The gate as a whole: the order of its stages, what adds up, what waits, and what never passes silently."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrtp.contracts import Rule, load_contracts
from hrtp.gate import GateError, run_gate
from hrtp.gate.engine import RELEASE_FROM_ROWS, expectation_of, validate
from hrtp.gate.helpers import HELPERS
from tests.unit.gate_world import (
    CONTRACTS,
    DATA_THROUGH,
    PROJECT,
    RECEIVED,
    Row,
    broken,
    contract_of,
    frame_of,
    header_only,
    judge,
    source_of,
    valid_rows,
)


def test_the_file_is_judged_before_its_columns() -> None:
    assert judge("enrollments", header_only("enrollments").drop(columns="status")).rejected == "EMPTY_EXPORT"


def test_columns_are_judged_before_whose_file_it_is() -> None:
    rows = [row | {"sector": "aerospace"} for row in valid_rows("enrollments", 3)]
    assert judge("enrollments", frame_of("enrollments", rows).drop(columns="status")).rejected == "MISSING_COLUMN"


def test_whose_file_it_is_is_judged_before_any_value() -> None:
    rows = valid_rows("enrollments", 3)
    rows[0]["status"] = "done"
    rows[1]["sector"] = "aerospace"
    result = judge("enrollments", frame_of("enrollments", rows))
    assert (result.rejected, result.findings) == ("WRONG_SOURCE", [])


def test_a_row_with_a_bad_value_takes_no_part_in_a_key_conflict() -> None:
    rows = valid_rows("services", 3)
    rows[1] = rows[0] | {"service_type": "magic"}
    result = judge("services", frame_of("services", rows))
    assert broken(result) == [(3, "UNKNOWN_CODE", "service_type")]
    assert result.loaded == 2


def test_repeats_of_a_bad_row_are_bad_and_not_duplicates() -> None:
    rows = valid_rows("services", 3)
    rows[0]["service_type"] = "magic"
    rows[1] = dict(rows[0])
    result = judge("services", frame_of("services", rows))
    assert broken(result) == [(2, "UNKNOWN_CODE", "service_type"), (3, "UNKNOWN_CODE", "service_type")]
    assert result.duplicates == []


def test_a_repeat_is_dropped_before_the_key_is_looked_at() -> None:
    rows = valid_rows("services", 4)
    rows[1] = dict(rows[0])
    rows[2] = rows[0] | {"amount": "1"}
    result = judge("services", frame_of("services", rows))
    assert result.duplicates == [3]
    assert broken(result) == [(2, "KEY_CONFLICT", "service_id"), (4, "KEY_CONFLICT", "service_id")]
    assert result.loaded == 1


def test_dates_are_compared_after_duplicates_are_dropped() -> None:
    rows = valid_rows("enrollments", 4)
    rows[0] |= {"completion_date": "2026-01-01"}
    rows[1] = dict(rows[0])
    result = judge("enrollments", frame_of("enrollments", rows))
    assert (broken(result), result.duplicates) == ([(2, "DATE_ORDER", "completion_date")], [3])


def test_a_quarantined_row_brings_no_warning() -> None:
    rows = valid_rows("participants", 3)
    rows[1] |= {"zip": "92101", "gender": "Weiblich"}
    result = judge("participants", frame_of("participants", rows))
    assert (dict(result.warnings), result.row_warnings) == ({}, {})


def test_the_frame_that_is_judged_is_not_changed() -> None:
    frame = frame_of("placements", valid_rows("placements", 3))
    before = frame.copy(deep=True)
    judge("placements", frame)
    assert frame.equals(before)
    assert list(frame.columns) == list(before.columns)


def test_each_file_gets_its_own_verdict_whatever_was_judged_before() -> None:
    rows = valid_rows("services", 4)
    bad = [row | {"service_type": "magic"} for row in rows]
    loaded = [judge("services", frame_of("services", each)).loaded for each in (rows, bad, rows, bad[:2], rows[:3])]
    assert loaded == [4, 0, 4, 0, 3]


@pytest.mark.parametrize(
    ("rows", "bad", "held"),
    [(100, 5, None), (100, 6, "HELD_QUARANTINE_SHARE"), (10, 2, None), (10, 3, "HELD_QUARANTINE_SHARE")],
)
def test_a_file_waits_when_over_five_percent_and_three_rows_are_bad(rows: int, bad: int, held: str | None) -> None:
    made = valid_rows("services", rows)
    for row in made[:bad]:
        row["service_type"] = "magic"
    result = judge("services", frame_of("services", made))
    assert result.held == held
    assert result.rejected is None
    assert len(result.quarantined) == bad
    if held:
        assert result.detail == f"{bad} of {rows} rows are in quarantine, more than 5%"


def test_the_limits_for_waiting_are_settings() -> None:
    made = valid_rows("services", 10)
    made[0]["service_type"] = "magic"
    frame = frame_of("services", made)
    arguments = {"data_through": DATA_THROUGH, "received_date": RECEIVED}
    strict = run_gate(frame, contract_of("services"), source_of("services"), **arguments, hold_share=0.0, hold_rows=1)
    assert strict.held == "HELD_QUARANTINE_SHARE"


ODD_CELLS: dict[str, list[str | None]] = {
    "service_id": [None, "S0000", "S0001", "T"],
    "service_type": [None, "childcare", "magic", ""],
    "service_date": [None, "2026-01-01", "2026-10-01"],
    "amount": [None, "1"],
}
ODD_ROWS = st.lists(st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in ODD_CELLS.items()}))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(odd=ODD_ROWS, ragged=st.sets(st.integers(0, 30)))
def test_rows_in_are_rows_loaded_and_quarantined_and_duplicate(odd: list[Row], ragged: set[int]) -> None:
    rows = [{"participant_id": "P1"} | row for row in odd]
    if not rows:
        return
    read_issues = {place: "RAGGED" for place in ragged if place < len(rows)}
    frame = frame_of("services", [valid_rows("services", 1)[0] | row for row in rows], read_issues=read_issues)
    result = judge("services", frame)
    good = result.good_rows(frame)
    assert result.rows == len(frame) == result.loaded + len(result.quarantined) + len(result.duplicates)
    assert not result.quarantined & set(result.duplicates)
    assert set(good["row_number"]) == set(frame["row_number"]) - result.quarantined - set(result.duplicates)
    assert result.quarantined == {finding.row_number for finding in result.findings}
    assert good["service_id"].is_unique
    assert set(good["service_type"]) <= {"childcare"}


def test_every_bad_row_of_a_large_file_is_named() -> None:
    count = RELEASE_FROM_ROWS + 1
    rows = valid_rows("services", count)
    bad = set(range(10, count, 37))
    for place in bad:
        rows[place]["service_type"] = "magic"
    result = judge("services", frame_of("services", rows))
    assert result.quarantined == {place + 2 for place in bad}
    assert len(result.quarantined) == 1352
    assert result.loaded == count - 1352


def test_an_expectation_that_cannot_be_evaluated_stops_the_gate_and_quotes_nothing() -> None:
    frame = frame_of("services", valid_rows("services", 3))
    frame["service_date"] = 20260704  # the reader promises text
    with pytest.raises(GateError) as caught:
        judge("services", frame)
    assert str(caught.value) == "GATE: FUTURE_EVENT on service_date could not be evaluated"
    assert caught.value.__cause__ is None


def test_a_calculation_that_fails_stops_the_gate_and_quotes_nothing() -> None:
    rows = valid_rows("placements", 3)
    rows[1]["wage_amount"] = "canary-wage"
    with pytest.raises(GateError) as caught:
        judge("placements", frame_of("placements", rows))
    assert str(caught.value) == "GATE: wage_usd_per_hour could not be calculated for placements"
    assert caught.value.__cause__ is None


def test_a_reason_that_the_catalogue_lacks_stops_the_gate() -> None:
    frame = frame_of("services", valid_rows("services", 3), read_issues={1: "NOVELTY"})
    with pytest.raises(GateError, match="NOVELTY, which the rule catalogue lacks"):
        judge("services", frame)


def test_an_expectation_with_wrong_arguments_stops_the_gate() -> None:
    rule = Rule(
        id="UNKNOWN_CODE",
        version=1,
        severity="error",
        stage="values",
        columns=("service_type",),
        expectation="expect_column_values_to_be_in_set",
        kwargs={"colour": "red"},
        message="",
        how_to_resolve="",
    )
    with pytest.raises(GateError, match="UNKNOWN_CODE is no valid expect_column_values_to_be_in_set"):
        validate(frame_of("services", valid_rows("services", 2)), [rule])


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    code = "import sys, hrtp.gate, hrtp.gate.docs; print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


NEW_RULE = """
  SOC_FORMAT:
    {severity: error, stage: values, found_by: gate, expectation: expect_column_values_to_match_regex,
     kwargs: {regex: '^[0-9]{2}-[0-9]{4}$'}, message: A SOC code is not of the form NN-NNNN.,
     how_to_resolve: Correct it., intent: Jobs are compared by it.}
"""


def test_a_new_rule_is_an_entry_in_the_catalogue_and_a_line_in_the_entity(tmp_path: Path) -> None:
    folder = tmp_path / "expectations"
    shutil.copytree(PROJECT / "expectations", folder)
    with (folder / "_rules.yml").open("a", encoding="utf-8") as file:
        file.write(NEW_RULE)
    placements = folder / "placements.yml"
    line = "rules:\n  - {id: SOC_FORMAT, columns: [soc_code]}\n"
    placements.write_text(placements.read_text(encoding="utf-8").replace("rules:\n", line), encoding="utf-8")
    rows = valid_rows("placements", 3)
    rows[0]["soc_code"], rows[1]["soc_code"], rows[2]["soc_code"] = "47-2031", "carpenter", None
    contract = load_contracts(tmp_path)["placements"]
    result = run_gate(
        frame_of("placements", rows),
        contract,
        source_of("placements"),
        data_through=DATA_THROUGH,
        received_date=RECEIVED,
    )
    assert broken(result) == [(3, "SOC_FORMAT", "soc_code")]
    assert result.findings[0].message == "A SOC code is not of the form NN-NNNN."


def test_every_rule_of_every_contract_is_an_expectation_with_a_known_calculation() -> None:
    rules = [rule for contract in CONTRACTS.values() for rule in contract.rules]
    assert len(rules) > 150
    assert all(expectation_of(rule).configuration.type == rule.expectation for rule in rules)
    assert {rule.helper for rule in rules} - {None} == set(HELPERS)


def test_great_expectations_says_nothing_in_the_log_of_a_night() -> None:
    code = (
        "import logging; logging.basicConfig(level=logging.INFO)\n"
        "from tests.unit.gate_world import frame_of, judge, valid_rows\n"
        "print(judge('services', frame_of('services', valid_rows('services', 3))).loaded)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert (done.stdout.strip(), done.stderr) == ("3", "")
