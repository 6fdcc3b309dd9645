"""An operator's word: kept, obeyed, and obeyed again by whoever rebuilds from the landing zone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.holds import DecisionError, decide, list_held
from hrtp.raw import Manifest
from tests.unit.desk import Desk, export

WORD = {"why": "they closed a site", "by": "R. Operator"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A source whose second export is a fifth of its first, and waits."""
    desk = Desk(tmp_path)
    desk.drop("services_20260901.csv", export(*(f"S{n}" for n in range(40))))
    desk.ingest()
    desk.drop("services_20260908.csv", export(*(f"S{n}" for n in range(8))))
    assert desk.ingest().state == "held"
    return desk


def everything(desk: Desk) -> list[Manifest]:
    return desk.zone.manifests(desk.zone.version())


def rebuilt(desk: Desk) -> list[Manifest]:
    """What a rebuild from the landing zone alone says."""
    for zone in (desk.settings.raw, desk.settings.quarantine):
        shutil.rmtree(zone)
    shutil.rmtree(desk.exports)
    desk.settings.make_zones()
    desk.ingest(pull=False)
    return everything(desk)


def test_a_file_that_waits_is_listed_with_its_reason(desk: Desk) -> None:
    (held,) = list_held(desk.settings)
    assert (held.entity, held.file_name, held.reason) == ("services", "services_20260908.csv", "HELD_VOLUME")
    assert held.detail == "8 rows, the export through 2026-09-01 had 40"
    assert not held.is_superseded


def test_an_approved_file_loads_at_once_and_the_word_is_kept_where_nobody_else_reads(desk: Desk) -> None:
    (manifest,) = decide(desk.settings, "services_20260908.csv", "approve", **WORD)
    assert (manifest.state, manifest.rows_loaded, manifest.detail) == ("loaded", 8, "approved by an operator")
    assert list_held(desk.settings) == []
    assert desk.ingest().state == "ok"
    (kept,) = (desk.settings.landing / "construction" / "decisions").iterdir()
    assert json.loads(kept.read_text()) | WORD == json.loads(kept.read_text())
    assert kept.stat().st_mode & 0o777 == 0o400
    assert "R. Operator" not in str([m.to_json() for m in everything(desk)])


def test_a_rejected_file_never_loads_and_nobody_is_asked_again(desk: Desk) -> None:
    (manifest,) = decide(desk.settings, list_held(desk.settings)[0].file_sha256[:8], "reject", **WORD)
    assert (manifest.state, manifest.reason) == ("rejected", "OPERATOR_REJECTED")
    for _ in range(2):
        assert desk.ingest().state == "ok"
        assert list_held(desk.settings) == []


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_rebuild_from_the_landing_zone_alone_obeys_the_same_word(desk: Desk, verdict: str) -> None:
    decide(desk.settings, "services_20260908.csv", verdict, **WORD)  # type: ignore[arg-type]
    desk.drop("services_20260905.csv", export(*(f"S{n}" for n in range(38))))
    desk.drop("services_20260915.csv", export(*(f"S{n}" for n in range(9))))
    desk.ingest()
    before = everything(desk)
    states = {m.file_name[9:17]: (m.state, m.reason) for m in before}
    older = ("rejected", "OUT_OF_ORDER") if verdict == "approve" else ("loaded", None)
    assert states["20260905"] == older
    assert states["20260915"] == (("loaded", None) if verdict == "approve" else ("held", "HELD_VOLUME"))
    assert rebuilt(desk) == before


def test_what_came_out_of_order_stays_so_in_a_rebuild_until_an_operator_forces_it(desk: Desk) -> None:
    desk.drop("services_20260801.csv", export("S1"))
    desk.ingest()
    assert desk.states()["services_20260801.csv"] == ("rejected", "OUT_OF_ORDER")
    before = everything(desk)
    assert rebuilt(desk) == before
    decide(desk.settings, "services_20260801.csv", "approve", **WORD)
    assert desk.states()["services_20260801.csv"] == ("loaded", None)


def test_a_newer_file_overtakes_one_that_waits_and_both_can_still_be_decided(desk: Desk) -> None:
    desk.drop("services_20260915.csv", export(*(f"S{n}" for n in range(41))))
    assert desk.ingest().state == "ok"
    assert [held.is_superseded for held in list_held(desk.settings)] == [True]
    decide(desk.settings, "services_20260908.csv", "approve", **WORD)
    current = max((m for m in everything(desk) if m.state == "loaded"), key=lambda m: m.data_through_date)
    assert current.rows_loaded == 41


@pytest.mark.parametrize(
    ("file", "word", "says"),
    [
        ("services_20260901.csv", WORD, "services is loaded"),
        ("services_20300101.csv", WORD, "hrtp held"),
        ("services_20260908.csv", {"why": " ", "by": "x"}, "--why"),
        ("services_20260908.csv", {"why": "x", "by": ""}, "--by"),
    ],
)
def test_a_word_that_cannot_be_taken_says_why(desk: Desk, file: str, word: dict[str, str], says: str) -> None:
    with pytest.raises(DecisionError, match=says):
        decide(desk.settings, file, "approve", **word)


def test_two_files_of_one_name_are_told_apart_by_their_sha256(desk: Desk) -> None:
    desk.drop("services_20260908.csv", export(*(f"S{n}" for n in range(7))))
    desk.ingest()
    with pytest.raises(DecisionError, match="sha256"):
        decide(desk.settings, "services_20260908.csv", "approve", **WORD)


def test_the_command_line_lists_and_decides(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRTP_HOME", str(desk.settings.home))
    monkeypatch.setenv("HRTP_EXPORTS", str(desk.exports))
    run = CliRunner().invoke
    (held,) = json.loads(run(app, ["held", "--json"]).stdout)
    assert held["reason"] == "HELD_VOLUME"
    done = run(app, ["approve", held["file_sha256"][:12], "--why", "closed site", "--by", "R. Operator"])
    assert (done.exit_code, "8 rows loaded" in done.stdout) == (0, True)
    assert json.loads(run(app, ["held", "--json"]).stdout) == []


def test_a_kill_between_two_files_of_one_night_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def night(folder: Path, die_at: int | None) -> dict[str, tuple[str, str | None]]:
        desk = Desk(folder)
        for name in ("services_20260908.csv", "services_20260908 (1).csv", "services_20260901.csv"):
            desk.drop(name, export("S1", name[-7:-4].strip(" ()") or "S2"))
        passed = 0

        def die(step: str) -> None:
            nonlocal passed
            passed += step == "judge.settled"
            if passed == die_at:
                raise KeyboardInterrupt

        monkeypatch.setattr("hrtp.steps._hook", die)
        if die_at is not None:
            with pytest.raises(KeyboardInterrupt):
                desk.ingest()
        monkeypatch.setattr("hrtp.steps._hook", None)
        desk.ingest()
        return desk.states()

    whole = night(tmp_path / "whole", None)
    assert sorted(whole.values(), key=str) == [("loaded", None), ("rejected", "AMBIGUOUS"), ("rejected", "AMBIGUOUS")]
    for n in (1, 2, 3):
        assert night(tmp_path / str(n), n) == whole


def test_a_delta_that_waits_is_not_overtaken_by_later_deltas(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    header = "enrollment_id,participant_id,program_id,sector,status,training_start_date,completion_date\n"

    def changes(day: str, start: str, rows: range) -> None:
        lines = [f"E{n},P{n},G1,creative_economy,active,{start},\n" for n in rows]
        desk.drop(f"enrollments_changes_{day}.csv", header + "".join(lines), "creative_economy")

    changes("20260901", "2026-01-05", range(10))
    desk.ingest("creative_economy")
    changes("20260908", "2025-09-05", range(10))
    assert desk.ingest("creative_economy").state == "held"
    changes("20260915", "2026-03-05", range(10, 12))
    result = desk.ingest("creative_economy")
    assert (result.state, [m.reason for m in result.held]) == ("held", ["DATES_MOVED"])
    assert [held.is_superseded for held in list_held(desk.settings)] == [False]
    changes("20260908", "2026-01-06", range(10))
    assert desk.ingest("creative_economy").state == "ok"
    assert [held.is_superseded for held in list_held(desk.settings)] == [True]
