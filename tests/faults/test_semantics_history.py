"""S01 to S03, S05, S17, S22 and V19: an export against what the same partner sent before."""

from __future__ import annotations

from hrtp.alerts import collect
from hrtp.holds import decide, list_held
from tests.faults.bad_bytes.records import Record, export, record, records
from tests.faults.bad_bytes.rows import participant, participants_csv, service, services_csv
from tests.faults.built import Built
from tests.faults.world import FAULTY, World

BEFORE, NOW = "placements_20260901.csv", "placements_20260930.csv"


def accepted(world: World, count: int) -> None:
    """An export of placements that has been accepted a month ago."""
    world.drop(BEFORE, export("placements", records("placements", count)))
    assert world.ingest().state == "ok"


def tonight(world: World, rows: list[Record]) -> str | None:
    """Deliver the next export; the reason for which it waits, if it does."""
    world.drop(NOW, export("placements", rows))
    world.ingest()
    return world.manifest(NOW).reason


def told(world: World) -> set[str]:
    """The codes of what a person is told tonight of the faulty source."""
    return {alert.code for alert in collect(world.settings) if alert.source == FAULTY}


def test_S01_four_fifths_of_the_rows_are_gone(world: World, marts: Built) -> None:
    accepted(world, 50)
    assert tonight(world, records("placements", 10)) == "HELD_VOLUME"
    assert len(world.rows("placements")) == 50
    assert "HELD_VOLUME" in told(world)
    # the word of an operator is kept, and the file loads
    (loaded,) = decide(world.settings, NOW, "approve", why="the partner closed a site", by="Data desk")
    assert (loaded.state, loaded.rows_loaded) == ("loaded", 10)
    assert list_held(world.settings, FAULTY) == []
    assert "HELD_VOLUME" not in told(world)
    # the figures keep the last good export and say so
    stands = "select state, reason from source_freshness where source = 'early_care_education'"
    assert marts.september.one(stands) == ("held", "services: HELD_VOLUME")
    current = "select count(*) from fct_services where source = 'early_care_education'"
    assert marts.september.one(current) == (50,)
    stale = (
        "select distinct is_stale from indicator_values where sector = 'early_care_education' "
        "and indicator_key = 'supportive_services_recipients'"
    )
    assert marts.september.one(stale) == (True,)


def test_S02_four_times_the_rows(world: World) -> None:
    accepted(world, 50)
    assert tonight(world, records("placements", 200)) == "HELD_VOLUME"
    assert len(world.rows("placements")) == 50
    assert "HELD_VOLUME" in told(world)
    # three times as many are growth
    world.drop("placements_20260930_02.csv", export("placements", records("placements", 150)))
    world.ingest()
    assert world.outcome("placements_20260930_02.csv") == ("loaded", None)


def test_S03_changes_delivered_where_all_rows_were_expected(world: World) -> None:
    accepted(world, 30)
    # as many rows as may be, but most keys of the last export are not among them
    assert tonight(world, [*records("placements", 10), *records("placements", 10, first=31)]) == "KEYS_VANISHED"
    world.drop("placements_20260930_02.csv", export("placements", records("placements", 5, first=28)))
    world.ingest()
    assert world.outcome("placements_20260930_02.csv") == ("held", "HELD_VOLUME")
    assert len(world.rows("placements")) == 30
    assert {"KEYS_VANISHED", "HELD_VOLUME"} & told(world)


def test_S05_many_old_rows_were_changed(world: World) -> None:
    accepted(world, 60)
    changed = [record("placements", n, wage_amount="23.75") for n in range(1, 56)]
    assert tonight(world, [*changed, *records("placements", 5, first=56)]) is None
    assert world.counts(NOW) == (60, 60, 0, 0, 0)
    assert world.warnings(NOW)["RESTATED:wage_amount"] == 55
    assert "RESTATED" in told(world)
    # both versions are there
    wages = world.rows("placements")["wage_amount"].value_counts().to_dict()
    assert wages == {"22.50": 65, "23.75": 55}


def test_S17_partner_changes_all_its_ids(world: World) -> None:
    again = [participant(n, participant_id=f"ZQNEW{n}") for n in range(1, 7)]
    world.drop("participants_20260930.csv", participants_csv(*again, count=0))
    world.ingest()
    assert world.outcome("participants_20260930.csv") == ("held", "ID_SCHEME_CHANGE")
    assert world.last_good_stands("participants")
    assert "ID_SCHEME_CHANGE" in told(world)


def test_S22_dates_inside_do_not_fit_the_day_in_the_name(world: World) -> None:
    later = [service(n, service_date="2026-09-25") for n in range(7, 11)]
    world.drop("services_20260915.csv", services_csv(*later))
    world.ingest()
    assert world.outcome("services_20260915.csv") == ("held", "PERIOD_MISMATCH")
    assert world.last_good_stands()
    assert "PERIOD_MISMATCH" in told(world)
    # under its right name it loads
    world.drop("services_20260930.csv", services_csv(*later, count=5))
    world.ingest()
    assert world.outcome("services_20260930.csv") == ("loaded", None)


def test_V19_id_carries_another_person(world: World) -> None:
    other = participant(
        3, first_name="Zqf99", last_name="Quillfeather-Osei", date_of_birth="1969-12-31", ssn_last4="9911"
    )
    good = [participant(n) for n in (1, 2, 4, 5, 6)]
    world.drop("participants_20260930.csv", participants_csv(*good, other, count=0))
    world.ingest()
    assert world.counts("participants_20260930.csv") == (6, 5, 1, 0, 0)
    assert world.quarantined() == [(7, "IDENTITY_CONFLICT", "participant_id")]
    assert "QUARANTINE" in told(world)
    # a married name is no other person
    married = participant(3, last_name="Quillfeather-Osei")
    world.drop("participants_20260930_02.csv", participants_csv(*good, married, count=0))
    world.ingest()
    assert world.counts("participants_20260930_02.csv") == (6, 6, 0, 0, 0)
