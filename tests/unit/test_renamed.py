"""A file that was refused for its name alone is mended by another name; no new export is needed."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from hrtp.alerts.collect import collect
from hrtp.holds import decide, list_held
from hrtp.landing import Landing, days_again
from tests.unit.desk import Desk, export

ROWS = [f"S{n}" for n in range(20)]
WORD = {"why": "they closed a site", "by": "R. Operator"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def rename(desk: Desk, old: str, new: str) -> None:
    (desk.exports / "construction" / old).rename(desk.exports / "construction" / new)


def rebuilt(desk: Desk) -> dict[str, tuple[str, str | None]]:
    """What a rebuild from the landing zone alone says."""
    for zone in (desk.settings.raw, desk.settings.quarantine):
        shutil.rmtree(zone)
    desk.settings.make_zones()
    desk.ingest(pull=False)
    return desk.states()


def test_a_file_from_the_future_loads_under_its_right_day(desk: Desk) -> None:
    desk.drop("services_21260901.csv", export(*ROWS))
    assert desk.ingest().state == "rejected"
    rename(desk, "services_21260901.csv", "services_20260901.csv")
    assert desk.ingest().state == "ok"
    manifest = desk.manifests()["services_20260901.csv"]
    assert (manifest.state, manifest.data_through_date, manifest.rows_loaded) == ("loaded", date(2026, 9, 1), 20)
    assert len(desk.rows()) == 20
    assert desk.ingest().new == []
    assert rebuilt(desk) == {"services_20260901.csv": ("loaded", None)}


def test_two_files_of_one_day_load_once_they_are_numbered(desk: Desk) -> None:
    desk.drop("services_20260901.csv", export(*ROWS))
    desk.drop("services_20260901 (1).csv", export(*ROWS, "S21"))
    assert [m.reason for m in desk.ingest().broken] == ["AMBIGUOUS", "AMBIGUOUS"]
    rename(desk, "services_20260901.csv", "services_20260901_01.csv")
    rename(desk, "services_20260901 (1).csv", "services_20260901_02.csv")
    assert desk.ingest().state == "ok"
    loaded = {"services_20260901_01.csv": ("loaded", None), "services_20260901_02.csv": ("loaded", None)}
    assert desk.states() == loaded
    assert rebuilt(desk) == loaded


def test_two_files_that_are_renamed_to_one_day_are_ambiguous_again(desk: Desk) -> None:
    desk.drop("services_21260901.csv", export(*ROWS))
    desk.drop("services_21260902.csv", export(*ROWS, "S21"))
    desk.ingest()
    rename(desk, "services_21260901.csv", "services_20260901.csv")
    rename(desk, "services_21260902.csv", "Services_20260901.csv")
    assert [m.reason for m in desk.ingest().broken] == ["AMBIGUOUS", "AMBIGUOUS"]


def test_a_wrong_year_is_mended_by_the_right_one(desk: Desk) -> None:
    """The events lie months behind the day in the name, as those of another month's file under this month's name."""
    old = "".join(f"S{n},P1,housing,2026-03-{n + 1:02},1\n" for n in range(20))
    new = "".join(f"S{n},P1,housing,2026-06-{n + 1:02},1\n" for n in range(20))
    header = "service_id,participant_id,service_type,service_date,amount\n"
    desk.drop("services_20260630.csv", header + new)
    desk.ingest()
    desk.drop("services_20260731.csv", header + old)
    assert [m.reason for m in desk.ingest().held] == ["PERIOD_MISMATCH"]
    rename(desk, "services_20260731.csv", "services_20260331.csv")
    # under its own day it is the older export that comes after a newer one, and that is no fault
    assert desk.ingest().state == "ok"
    assert desk.states()["services_20260331.csv"] == ("rejected", "OUT_OF_ORDER")


def test_a_file_named_for_another_entity_loads_under_its_own(desk: Desk) -> None:
    desk.drop("placements_20260901.csv", export(*ROWS))
    assert [(m.entity, m.reason) for m in desk.ingest().broken] == [("placements", "NO_HEADER")]
    rename(desk, "placements_20260901.csv", "services_20260901.csv")
    result = desk.ingest()
    assert [(m.entity, m.rows_loaded) for m in result.new] == [("services", 20)]
    assert result.state == "ok"
    assert "NO_HEADER" not in {alert.code for alert in collect(desk.settings)}


def test_bytes_that_count_already_are_a_redelivery_under_any_name(desk: Desk) -> None:
    desk.drop("services_20260901.csv", export(*ROWS))
    desk.ingest()
    for name in ("services_20260815.csv", "services_20260901_07.csv", "placements_20260901.csv"):
        desk.drop(name, export(*ROWS))
    result = desk.ingest()
    assert (result.state, result.new, result.redelivered) == ("ok", [], 4)
    assert desk.states() == {"services_20260901.csv": ("loaded", None)}


def test_a_word_on_a_renamed_file_is_about_the_name_that_it_waits_under(desk: Desk) -> None:
    desk.drop("services_20260801.csv", export(*ROWS))
    desk.ingest()
    desk.drop("services_21260901.csv", export(*ROWS[:4]))
    desk.ingest()
    rename(desk, "services_21260901.csv", "services_20260901.csv")
    assert [m.reason for m in desk.ingest().held] == ["HELD_VOLUME"]
    (held,) = list_held(desk.settings)
    assert (held.file_name, held.data_through_date) == ("services_20260901.csv", date(2026, 9, 1))
    decide(desk.settings, "services_20260901.csv", "approve", **WORD)
    expected = {"services_20260801.csv": ("loaded", None), "services_20260901.csv": ("loaded", None)}
    assert desk.states() == expected
    assert rebuilt(desk) == expected


def test_what_is_refused_for_its_content_stays_refused_under_any_name(desk: Desk) -> None:
    desk.drop("services_20260901.csv", "<html>please log in</html>")
    desk.ingest()
    rename(desk, "services_20260901.csv", "services_20260902.csv")
    assert desk.ingest().new == []
    assert set(desk.states().values()) == {("rejected", "NOT_CSV")}


def test_a_renamed_file_that_comes_again_later_moves_its_day(desk: Desk) -> None:
    desk.drop("services_21260901.csv", export(*ROWS))
    desk.ingest()
    rename(desk, "services_21260901.csv", "services_20260901.csv")
    desk.ingest()
    rename(desk, "services_20260901.csv", "services_20260915.csv")
    desk.ingest()
    by_day = {
        day: desk.manifests(day)["services_20260901.csv"].data_through_date.day
        for day in (date(2026, 9, 14), date(2026, 9, 15))
    }
    assert by_day == {date(2026, 9, 14): 1, date(2026, 9, 15): 15}


def test_a_kill_between_the_note_and_the_judgement_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.drop("services_21260901.csv", export(*ROWS))
    desk.ingest()
    rename(desk, "services_21260901.csv", "services_20260901.csv")

    def die(step: str) -> None:
        if step == "landing.again_noted":
            raise KeyboardInterrupt

    monkeypatch.setattr("hrtp.steps._hook", die)
    with pytest.raises(KeyboardInterrupt):
        desk.ingest()
    monkeypatch.setattr("hrtp.steps._hook", None)
    assert desk.ingest().state == "ok"
    assert desk.states() == {"services_20260901.csv": ("loaded", None)}


def test_a_landing_zone_of_an_older_release_still_knows_its_later_days(desk: Desk) -> None:
    desk.drop("services_20260901.csv", export(*ROWS))
    desk.ingest()
    landing = Landing(desk.settings.landing, "construction")
    (landed,) = landing.files()
    (landing.folder / f"{landed.sha256}.20260915.again").write_text("2 1")
    assert days_again(landed, landing.notes()[landed.sha256]) == {date(2026, 9, 15): (1, 2)}
    desk.ingest()
    assert desk.manifests()["services_20260901.csv"].data_through_date == date(2026, 9, 15)
    assert "renamed" in json.loads((landing.folder / "batches" / "000001.json").read_text())
