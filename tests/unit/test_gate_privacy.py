"""Nothing of a person leaves the gate: not in findings, not in messages, not in logs, not in Data Docs."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from hrtp.gate import DocsSink
from hrtp.gate.docs import build_docs
from tests.unit.gate_world import Row, frame_of, judge, source_of, valid_rows

CANARIES = ("Zyxwina", "Qvortek", "1971-03-19", "7733", "zyxwina@qv.example", "213-555-0187", "91399", "canary-code")
CANARY: Row = {
    "first_name": "Zyxwina",
    "last_name": "Qvortek",
    "date_of_birth": "1971-03-19",
    "ssn_last4": "7733",
    "email": "zyxwina@qv.example",
    "phone": "213-555-0187",
    "zip": "91399",
}
# each makes one rule fail on a row full of canaries
FAULTS: list[Row] = [
    {"gender": "canary-code"},
    {"race": "canary-code"},
    {"zip": "9139"},
    {"zip": "99399"},
    {"date_of_birth": "2020-03-19"},
    {"participant_id": None},
    {"first_name": "Test", "last_name": "Test"},
    {"employment_status_at_entry": "Qvortek"},
]


def canary_rows() -> list[Row]:
    rows = [row | CANARY for row in valid_rows("participants", len(FAULTS) + 3)]
    for row, fault in zip(rows, FAULTS, strict=False):
        row |= fault
    rows[-1] = rows[-2] | {"gender": "male"}
    rows[-3]["participant_id"] = "P-only"
    return rows


def site_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_value_of_a_person_is_in_findings_logs_results_or_data_docs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    sink = DocsSink(tmp_path, "construction", "participants", "ab" * 32)
    result = judge("participants", frame_of("participants", canary_rows()), docs=sink)
    assert {finding.rule_id for finding in result.findings} == {
        "UNKNOWN_CODE",
        "ZIP_FORMAT",
        "DOB_RANGE",
        "REQUIRED",
        "TEST_RECORD",
        "KEY_CONFLICT",
    }
    site = build_docs(tmp_path)
    printed = capfd.readouterr()
    said = repr(result) + caplog.text + printed.out + printed.err
    everything = said.encode() + site_of(tmp_path)
    assert b"UNKNOWN_CODE" in everything
    assert [canary for canary in CANARIES if canary.encode() in everything] == []
    assert site.pages == 1


def test_the_page_of_a_file_says_which_rule_which_rows_and_how_many(tmp_path: Path) -> None:
    rows = valid_rows("services", 30)
    for place in range(25):
        rows[place]["service_type"] = "magic"
    judge("services", frame_of("services", rows), docs=DocsSink(tmp_path, "construction", "services", "cd" * 32))
    build_docs(tmp_path)
    (page,) = (tmp_path / "site" / "validations").rglob("*.html")
    text = page.read_text(encoding="utf-8")
    shown = ", ".join(str(number) for number in range(2, 22))
    assert "UNKNOWN_CODE version 1 (error): service_type." in text
    assert f"Rows: {shown} and 5 more." in text


def test_the_site_shows_the_newest_export_of_every_source_and_entity(tmp_path: Path) -> None:
    old = frame_of("services", valid_rows("services", 2))
    judge("services", old, docs=DocsSink(tmp_path, "construction", "services", "11" * 32))
    rows = valid_rows("services", 3)
    judge("services", frame_of("services", rows), docs=DocsSink(tmp_path, "construction", "services", "22" * 32))
    frame = frame_of("programs", valid_rows("programs", 2))
    judge("programs", frame, source_of("programs"), docs=DocsSink(tmp_path, "construction", "programs", "33" * 32))
    assert build_docs(tmp_path).pages == 2
    names = {path.stem for path in (tmp_path / "site" / "validations").rglob("*.html")}
    assert names == {"22" * 32, "33" * 32}


def test_an_unchanged_night_builds_no_site_again(tmp_path: Path) -> None:
    frame = frame_of("services", valid_rows("services", 2))
    sink = DocsSink(tmp_path, "construction", "services", "44" * 32)
    judge("services", frame, docs=sink)
    first = sink.path.read_bytes()
    assert build_docs(tmp_path).is_new
    judge("services", frame, docs=sink)
    assert sink.path.read_bytes() == first
    assert not build_docs(tmp_path).is_new


def test_a_rejected_file_has_its_page_too(tmp_path: Path) -> None:
    rows = [row | {"sector": "aerospace"} for row in valid_rows("programs", 2)]
    judge("programs", frame_of("programs", rows), docs=DocsSink(tmp_path, "construction", "programs", "55" * 32))
    build_docs(tmp_path)
    (page,) = (tmp_path / "site" / "validations").rglob("*.html")
    assert "WRONG_SOURCE version 1 (reject): sector." in page.read_text(encoding="utf-8")
