"""The table of faults is complete: every case has its one test, every test its case, and the page says so."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults import render
from tests.faults.figure import figure
from tests.faults.table import TableError, case_of, cases, proofs


def test_the_table_has_153_cases() -> None:
    assert Counter(case.id[0] for case in cases()) == {"T": 30, "F": 42, "V": 34, "S": 22, "I": 25}
    assert len({case.case for case in cases()}) == 153


def test_every_case_has_exactly_one_test_and_every_test_a_case() -> None:
    assert Counter(proof.case_id for proof in proofs()) == Counter(case.id for case in cases())


def test_every_proof_stands_under_the_checks_that_hold_in_every_case() -> None:
    # fixtures whose teardown looks at the other sources, at landing and at what was said
    guards = {"world", "marts", "machine", "delivered"}
    assert [proof.name for proof in proofs() if not guards & set(proof.arguments)] == []


def test_every_reason_code_of_the_table_is_in_the_catalogue_or_said_by_the_loader() -> None:
    from hrtp.contracts import load_contracts

    catalogue = set(load_contracts(render.TARGET.parents[1])["services"].catalogue)
    #: said in a log line, in a mart or in an alert; no file and no row bears them
    beyond = {"DUPLICATE_FILE", "LATE", "BEFORE_TRAINING", "TAMPERED", "CODELIST", "DRIFT", "BI_PUBLISH_FAILED"}
    assert {code for case in cases() for code in case.code} - catalogue - beyond == set()


def test_the_page_is_what_the_table_renders() -> None:
    assert render.main(["--check"]) == 0


def test_a_name_without_words_or_with_a_foreign_id_bears_no_case() -> None:
    assert [case_of(n) for n in ("test_F21_ragged_row[csv]", "test_F21", "test_X01_a", "test_f21_a")] == [
        "F21",
        None,
        None,
        None,
    ]


def test_a_case_without_a_test_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "proofs", list)
    with pytest.raises(TableError, match="T01"):
        render.page()


def test_the_figure_is_none_without_a_fault_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.figure._phases", {})
    assert figure() is None
    monkeypatch.setattr("tests.faults.figure._phases", {"T01": {"a": {"setup", "call"}}, "T02": {"b": {"failed"}}})
    assert figure() == "faults: 0 of 153 proven, 0 simulated"
