"""The commands: what did not load, before anything is built; and the feedback of a source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.errors import SourceConfigError
from tests.feedback.desk import Desk, good, services


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A source with a loaded, a held and a rejected file, by the environment's settings."""
    (tmp_path / "inbox").mkdir()
    desk = Desk(tmp_path, construction={"feedback": {"url": f"file:{tmp_path / 'inbox'}"}})
    desk.drop("services_20260930.csv", services(*good(60), "SX,P1,yacht,2026-05-01,1", "SY,,housing,2026-05-01,1"))
    bad = "".join(f"P{n},Ann,Lee,yesterday\n" for n in range(9))
    desk.drop("participants_20260930.csv", f"participant_id,first_name,last_name,date_of_birth\n{bad}")
    desk.drop("programs_20260930.csv", "<html>login</html>")
    desk.ingest()
    monkeypatch.setenv("HRTP_HOME", str(desk.settings.home))
    monkeypatch.setenv("HRTP_PROJECT", str(desk.settings.project))
    return desk


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["quarantine", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_list_shows_rows_and_the_reasons_of_held_and_rejected_files_before_any_build(desk: Desk) -> None:
    assert not (desk.settings.published / "marts.duckdb").exists()
    found = json.loads(run("list", "construction", "--json"))
    stopped = [(e["file_name"], e["file_state"], e["rule_id"], e["severity"]) for e in found if e["row_number"] is None]
    assert stopped == [
        ("participants_20260930.csv", "held", "HELD_QUARANTINE_SHARE", "hold"),
        ("programs_20260930.csv", "rejected", "NOT_CSV", "reject"),
    ]
    rows = [(e["entity"], e["row_number"], e["rule_id"], e["column_name"]) for e in found if e["row_number"]]
    assert rows == [
        *(("participants", number, "DATE_FORMAT", "date_of_birth") for number in range(2, 11)),
        ("services", 62, "UNKNOWN_CODE", "service_type"),
        ("services", 63, "REQUIRED", "participant_id"),
    ]
    assert {"source", "entity", "file_name", "row_number", "rule_id", "column_name", "severity", "message"} <= set(
        found[0]
    )
    assert json.loads(run("list", "--json")) == found


def test_the_list_as_a_table_names_files_rules_and_rows_and_nobody(desk: Desk) -> None:
    table = run("list", "construction")
    for word in ("held", "rejected", "NOT_CSV", "UNKNOWN_CODE", "services_20260930.csv", "62"):
        assert word in table
    for value in ("Ann", "Lee", "yesterday", "yacht"):
        assert value not in table


def test_the_list_of_an_empty_home_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRTP_HOME", str(tmp_path / "nowhere"))
    assert json.loads(run("list", "--json")) == []
    assert "nothing is in quarantine" in run("list")
    assert not (tmp_path / "nowhere").exists()


def test_a_source_that_is_not_there_is_named_with_those_that_are(desk: Desk) -> None:
    with pytest.raises(SourceConfigError, match="no source 'media'; there are: aerospace"):
        run("list", "media")
    with pytest.raises(SourceConfigError, match="no source 'media'"):
        run("feedback", "media")


def test_feedback_is_written_and_delivered_by_one_command(desk: Desk) -> None:
    said = json.loads(run("feedback", "construction").splitlines()[0])
    assert said == {
        "source": "construction",
        "feedback_files": 7,
        "written": 7,
        "open": 3,
        "settled": 0,
        "information": 0,
        "rows_to_fix": 2,
    }
    delivered = json.loads(run("feedback", "construction", "--deliver").splitlines()[0])
    assert (delivered["written"], delivered["delivered"]) == (0, 7)
    assert len(list((desk.folder / "inbox").iterdir())) == 7
