"""What a person must be told: decided from what stands, each thing with its code, never with a value of a person."""

from __future__ import annotations

import json
import logging
import shutil
from collections import namedtuple
from datetime import datetime
from pathlib import Path

import pytest

from hrtp.alerts import NIGHT, Alert, collect
from hrtp.alerts.collect import _warnings
from hrtp.errors import BuildFailed, IngestFailed, TransportError
from hrtp.ingest import ingest_source
from hrtp.outcomes import BUILD, feedback_of, ingest_of, last_outcomes, recorded
from hrtp.raw import Manifest, RawZone
from hrtp.samples import generate
from hrtp.settings import load_settings
from tests.alerts.conftest import Desk
from tests.county import AS_OF
from tests.unit.reading_world import CONTRACTS, services

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD = [f"S{i},P1,housing,2026-05-01,{i}" for i in range(40)]


def codes(alerts: list[Alert]) -> set[tuple[str, str, str]]:
    return {(alert.source, alert.code, alert.severity) for alert in alerts}


def night_of_ingest(desk: Desk, source: str = "construction") -> None:
    """One ingest as the task runs it."""
    settings = desk.settings()
    with pytest.raises(IngestFailed), recorded(settings, ingest_of(source)):
        ingest_source(source, settings)


def test_nothing_is_told_of_a_night_in_which_all_is_well(desk: Desk) -> None:
    desk.drop("services_20260930.csv", services(*GOOD))
    settings = desk.settings()
    with recorded(settings, ingest_of("construction")):
        ingest_source("construction", settings)
    assert collect(settings) == []


def test_rejected_files_are_told_with_their_code_and_the_failed_task_is_not_told_besides(desk: Desk) -> None:
    desk.drop_three_bad_files()
    night_of_ingest(desk)
    assert codes(collect(desk.settings())) == {
        ("construction", "NOT_CSV", "error"),
        ("construction", "MISSING_COLUMN", "error"),
        ("construction", "QUARANTINE", "warning"),
    }


def test_files_of_unknown_names_are_told_by_their_number_until_they_are_gone(desk: Desk) -> None:
    settings = desk.settings()
    for name in ("Mira Tolm.csv", "service export.xlsx"):
        desk.drop(name, services(*GOOD))
    ingest_source("construction", settings)
    (alert,) = collect(settings)
    assert (alert.source, alert.code, alert.severity) == ("construction", "UNKNOWN_NAME", "warning")
    assert "2 files have names" in alert.text
    assert "Tolm" not in alert.text
    for path in (desk.exports / "construction").iterdir():
        path.unlink()
    ingest_source("construction", settings)
    assert collect(settings) == []


def test_a_rejected_file_is_told_until_a_good_one_has_come(desk: Desk) -> None:
    desk.drop("services_20260930.csv", "<html>login</html>")
    night_of_ingest(desk)
    night_of_ingest(desk)
    assert codes(collect(desk.settings())) == {("construction", "NOT_CSV", "error")}
    desk.drop("services_20260930.csv", services(*GOOD))
    settings = desk.settings()
    with recorded(settings, ingest_of("construction")):
        ingest_source("construction", settings)
    assert collect(settings) == []


def test_of_a_delta_feed_every_file_s_bad_rows_are_told_and_not_those_of_the_newest_alone(desk: Desk) -> None:
    generate(desk.exports, scale=1, seed=1)
    for path in (desk.exports / "creative_economy").iterdir():
        if not path.name.startswith(("enrollments_changes", "participants_changes")):
            path.unlink()
    desk.ingest("creative_economy")
    found = [alert for alert in collect(desk.settings()) if alert.code == "QUARANTINE"]
    assert {alert.source for alert in found} == {"creative_economy"}
    assert sum(alert.n for alert in found) == 2
    assert all("_changes_20260930" not in alert.text for alert in found)


def test_a_held_file_is_told_with_the_commands_that_decide_it(desk: Desk) -> None:
    desk.drop("services_20260930.csv", services(*GOOD, *(f"X{i},P1,yacht,2026-05-01,1" for i in range(9))))
    desk.ingest()
    (alert,) = collect(desk.settings())
    zone = RawZone(desk.settings(), CONTRACTS)
    (held,) = zone.manifests(zone.version())
    assert (alert.source, alert.code, alert.severity) == ("construction", "HELD_QUARANTINE_SHARE", "error")
    assert f"hrtp approve {held.file_sha256[:12]} --why" in alert.text
    assert f"hrtp reject {held.file_sha256[:12]} --why" in alert.text


def test_a_transport_that_failed_is_told_although_it_left_no_manifest(desk: Desk) -> None:
    night_of_ingest(desk)  # the folder is not there
    (alert,) = collect(desk.settings())
    assert (alert.source, alert.code, alert.severity) == ("construction", "MISSING", "error")
    assert "Ask the partner for the export." in alert.text


def test_a_failed_build_is_told_to_the_operators_with_what_readers_see(desk: Desk) -> None:
    settings = desk.settings()
    with pytest.raises(BuildFailed), recorded(settings, BUILD):
        raise BuildFailed("1 of 300 dbt nodes did not pass, first: unique_dim_participant")
    (alert,) = collect(settings)
    assert (alert.source, alert.code) == (NIGHT, "BUILD_FAILED")
    assert "unique_dim_participant. Readers keep the last good figures" in alert.text


def test_an_error_of_another_s_making_is_told_without_its_text(desk: Desk) -> None:
    settings = desk.settings()
    with pytest.raises(ValueError), recorded(settings, BUILD):
        raise ValueError("Maria Lopez 1990-01-02")
    (alert,) = collect(settings)
    assert alert.code == "INTERNAL"
    assert "ValueError" in alert.text
    kept = "".join(path.read_text() for path in settings.logs.rglob("*.json"))
    assert "Maria" not in alert.text + kept


def test_a_step_that_was_killed_is_told_because_it_began_and_never_ended(desk: Desk) -> None:
    settings = desk.settings()
    with recorded(settings, ingest_of("construction")):
        (alert,) = collect(settings)  # as whoever looks after a SIGKILL would find it
    assert (alert.source, alert.code, alert.severity) == ("construction", "NOT_FINISHED", "error")
    assert "Running it again is safe" in alert.text


def test_a_step_that_airflow_stops_is_recorded_as_stopped(desk: Desk) -> None:
    settings = desk.settings()
    with pytest.raises(KeyboardInterrupt), recorded(settings, BUILD):
        raise KeyboardInterrupt
    assert [(o.step, o.state, o.code) for o in last_outcomes(settings)] == [("build", "failed", "STOPPED")]


def test_a_record_that_cannot_be_written_fails_no_step_and_is_said(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hrtp.outcomes.write_atomically", full)
    with recorded(desk.settings(), BUILD):
        pass
    assert "outcome of build was not kept (OSError)" in caplog.text


def test_a_record_that_cannot_be_read_is_told_itself(desk: Desk) -> None:
    settings = desk.settings()
    with recorded(settings, BUILD):
        pass
    (settings.logs / "outcomes" / "build.json").write_text("{")
    assert codes(collect(settings)) == {(NIGHT, "OUTCOME", "error")}


def test_a_landed_file_that_was_changed_afterwards_is_told_to_its_source(desk: Desk) -> None:
    desk.drop("services_20260930.csv", services(*GOOD))
    desk.ingest()
    settings = desk.settings()
    (landed,) = [p for p in (settings.landing / "construction").iterdir() if len(p.name) == 64]
    data = landed.read_bytes()
    landed.chmod(0o600)
    landed.write_bytes(data.replace(b"housing", b"h0using", 1))
    landed.chmod(0o400)
    assert codes(collect(settings)) == {("construction", "TAMPERED", "error")}


def test_a_disk_without_room_for_a_night_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**9, 10**9))
    assert codes(collect(desk.settings())) == {(NIGHT, "LOW_DISK", "error")}


def test_a_look_that_fails_is_told_itself_and_the_others_are_told_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Maria Lopez")

    desk.drop_three_bad_files()
    desk.ingest()
    monkeypatch.setattr("hrtp.holds.list_held", broken)
    with caplog.at_level(logging.DEBUG):
        found = collect(desk.settings())
    assert codes(found) >= {(NIGHT, "CANNOT_TELL", "error"), ("construction", "NOT_CSV", "error")}
    assert "Maria" not in json.dumps([a.to_json() for a in found]) + caplog.text


def loaded(**more: object) -> Manifest:
    """A file that loaded, with warnings."""
    facts: dict[str, object] = {"rows_in": 100, "rows_loaded": 100} | more
    return Manifest(
        "construction", "placements", "ab" * 32, "placements_20260930.csv", "full", "declared", AS_OF,
        datetime(2026, 10, 1), 1, "loaded", "construction/abab", **facts,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("warnings", "told"),
    [
        ({"CODELIST:exit_reason": 4}, {("CODELIST", 4)}),
        ({"DRIFT:occupation": 1}, {("DRIFT", 1)}),
        ({"SCHEMA_DRIFT:": 1}, {("SCHEMA_DRIFT", 1)}),
        ({"IDENTITY_CONFLICT:": 2}, {("IDENTITY_CONFLICT", 2)}),
        ({"REVERSED:status": 1}, {("REVERSED", 1)}),
        ({"DATE_MOVED:placement_date": 9}, set()),
        ({"DATE_MOVED:placement_date": 10}, {("DATE_MOVED", 10)}),
        ({"RESTATED:wage": 49}, set()),
        ({"RESTATED:wage": 30, "RESTATED:hours": 40}, {("RESTATED", 70)}),
        ({"NULL_TOKEN:wage": 100, "CODE_CASE:status": 100}, set()),
    ],
)
def test_warnings_that_change_what_a_file_means_are_told_and_repairs_are_not(
    warnings: dict[str, int], told: set[tuple[str, int]]
) -> None:
    assert {(a.code, a.n) for a in _warnings(loaded(warnings=warnings), "once", {})} == told


def test_a_large_file_may_restate_more_rows_before_it_is_told() -> None:
    assert list(_warnings(loaded(rows_in=1000, warnings={"RESTATED:wage": 99}), "once", {})) == []
    assert len(list(_warnings(loaded(rows_in=1000, warnings={"RESTATED:wage": 100}), "once", {}))) == 1


def test_a_heading_that_is_none_of_ours_is_in_no_text() -> None:
    (alert,) = _warnings(loaded(warnings={"SCHEMA_DRIFT:Maria Lopez": 1}), "once", {})
    assert "Maria" not in alert.text


def test_of_a_file_s_form_only_a_change_is_told() -> None:
    (first,) = _warnings(loaded(warnings={"OPTIONAL_COLUMN_MISSING:veteran": 1}), "tonight's file", {})
    (same,) = _warnings(loaded(warnings={"OPTIONAL_COLUMN_MISSING:veteran": 1}), "tomorrow's file", {})
    (other,) = _warnings(loaded(warnings={"OPTIONAL_COLUMN_MISSING:homeless": 1}), "tomorrow's file", {})
    assert first.fingerprint == same.fingerprint != other.fingerprint


def test_a_source_whose_yaml_is_wrong_is_told_with_the_field(desk: Desk, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sources").mkdir(parents=True)
    for name in ("expectations", "dbt_project", "seeds"):
        (project / name).symlink_to(CHECKOUT / name)
    text = (CHECKOUT / "sources" / "construction.yml").read_text()
    (project / "sources" / "construction.yml").write_text(text.replace("schedule:", "shedule:"))
    (alert,) = collect(desk.settings(project=project))
    assert (alert.source, alert.code, alert.severity) == ("construction", "SOURCE_CONFIG", "error")
    assert "shedule" in alert.text


def test_what_a_partner_who_is_gone_has_left_is_told_to_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.drop_three_bad_files()
    night_of_ingest(desk)
    project = tmp_path / "project"
    (project / "sources").mkdir(parents=True)
    for name in ("expectations", "dbt_project", "seeds"):
        (project / name).symlink_to(CHECKOUT / name)
    (project / "sources" / "healthcare.yml").symlink_to(CHECKOUT / "sources" / "healthcare.yml")
    assert collect(desk.settings(project=project)) == []


def test_feedback_that_cannot_be_delivered_is_told_to_its_source(desk: Desk) -> None:
    settings = desk.settings()
    with pytest.raises(TransportError), recorded(settings, feedback_of("construction")):
        raise TransportError("AUTH", "the server does not take our credentials")
    (alert,) = collect(settings)
    assert (alert.source, alert.code) == ("construction", "AUTH")
    assert alert.text.startswith("feedback failed: the server does not take our credentials")


def test_a_home_that_never_had_a_night_has_nothing_to_tell(tmp_path: Path) -> None:
    assert collect(load_settings(home=tmp_path / "home")) == []
