"""S04, S06 to S16, S18 to S21: good rows that do not fit each other, by the figures that come of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dags.hrtp_airflow import days

from hrtp.landing import zone as landing_zone
from tests.faults.bad_bytes.rows import participant, participants_csv, services_csv
from tests.faults.built import SEPTEMBER, Built, Marts, build, deploy
from tests.faults.test_values_people import keys
from tests.faults.world import LAST_GOOD_ROWS, World
from tests.parsed import PROJECT

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def enrolled(marts: Marts, person_key: str) -> list[tuple[str, bool]]:
    """(sector, counted) of a person's enrollments in the figures of that build."""
    return marts.rows(
        "select distinct sector, is_counted from indicator_evidence "
        f"where indicator_key = 'workers_enrolled' and subject_key = '{person_key}' order by all"
    )


def test_S04_full_export_where_changes_were_expected(marts: Built) -> None:
    loads = marts.september.rows(
        "select file_name, mode, rows_in, rows_loaded from load_reconciliation "
        "where source = 'creative_economy' and file_name like 'participants_changes%' order by all"
    )
    assert loads == [
        ("participants_changes_20260601.csv", "delta", 2, 2),
        ("participants_changes_20260930.csv", "delta", 3, 3),
    ]
    # three people, each under the newest row of its own key, and the two old rows are history
    current = marts.september.rows(
        "select is_current, count(*) from loaded_rows where source = 'creative_economy' and entity = 'participants' "
        "and file_sha256 in (select file_sha256 from load_reconciliation where mode = 'delta') group by all order by 1"
    )
    assert current == [(False, 2), (True, 3)]
    assert marts.september.value("workers_enrolled", "creative_economy") == 3


def test_S06_row_disappears_from_a_full_export(marts: Built) -> None:
    gone = keys(marts)["construction", "ZQP6"]
    assert enrolled(marts.june, gone) == [("construction", True)]
    assert enrolled(marts.september, gone) == []
    # a tombstone and no erasure: its rows are kept as history, and the frozen report still counts it
    assert marts.september.one(
        "select count(*), count(*) filter (where is_current) from loaded_rows "
        f"where person_key = '{gone}' and entity = 'participants'"
    ) == (2, 0)
    assert enrolled(marts.june_again, gone) == [("construction", True)]


def test_S07_row_reappears(marts: Built) -> None:
    back = keys(marts)["construction", "ZQP7"]
    assert enrolled(marts.june, back) == []
    assert enrolled(marts.september, back) == [("construction", True)]
    # the rows of May and of September are one person's
    assert marts.september.rows(
        "select data_through_date, loaded_rows.is_current from loaded_rows inner join load_reconciliation using "
        "(source, entity, file_sha256) "
        f"where person_key = '{back}' and entity = 'participants' and source = 'construction' order by all"
    ) == [(date(2026, 5, 31), False), (date(2026, 9, 30), True)]


def test_S08_participant_moves_to_another_sector(marts: Built) -> None:
    mover = keys(marts)["construction", "ZQP8"]
    assert enrolled(marts.june, mover) == [("construction", True)]
    assert enrolled(marts.september, mover) == [("construction", True), ("healthcare", True)]
    assert marts.september.rows(
        "select sector, training_start_date, withdrawal_date from fct_enrollments "
        f"where person_key = '{mover}' order by sector"
    ) == [("construction", date(2026, 1, 5), date(2026, 3, 2)), ("healthcare", date(2026, 7, 6), None)]
    total, *sectors = (
        marts.september.value("workers_enrolled", sector)
        for sector in ("all", "construction", "healthcare", "aerospace", "creative_economy", "technology")
    )
    # persons 1 and 8 are in two sectors each, and once in the total
    assert sum(sectors) - total == 2


def test_S09_completes_in_one_sector_and_is_placed_in_another(marts: Built) -> None:
    person = keys(marts)["construction", "ZQP9"]
    assert person == keys(marts)["healthcare", "ZQH9"]
    counted = marts.september.rows(
        "select indicator_key, sector from indicator_evidence "
        f"where subject_key = '{person}' and is_counted and indicator_key in ('workers_completed', 'placed_in_jobs')"
        " order by all"
    )
    # without an enrollment_id a placement belongs to the intermediary that reports it
    assert counted == [("placed_in_jobs", "healthcare"), ("workers_completed", "construction")]
    assert marts.september.value("placed_in_jobs", "healthcare") == 1


def test_S10_correction_after_the_quarter_was_closed(marts: Built) -> None:
    # told in September: person 11 had begun in May, person 10 never did, and 12 and 13 are one person
    key = keys(marts)
    assert marts.june_again.figures() == marts.june.figures()
    assert enrolled(marts.june, key["construction", "ZQP10"]) == [("construction", True)]
    assert enrolled(marts.september, key["construction", "ZQP10"]) == [("construction", False)]
    assert enrolled(marts.september, key["construction", "ZQP11"]) == [("construction", True)]
    line = (
        "select as_of_date, value_to_date from indicator_values where indicator_key = 'workers_enrolled' "
        "and sector = 'construction' and period_type = 'quarter' and period_end = date '2026-06-30'"
    )
    before, revised = marts.june.one(line), marts.september.one(line)
    # the later report has a line of its own for the closed quarter, and says of which day it speaks
    assert (before[0], revised[0]) == (date(2026, 6, 30), SEPTEMBER)
    assert marts.june_again.one(line) == before
    assert (before[1], revised[1]) == (14, 17)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    """The clock by which files arrive; set its only entry."""
    hands = [datetime(2026, 10, 1, 12, tzinfo=UTC)]
    monkeypatch.setattr(landing_zone, "_now", lambda: hands[0])
    yield hands


def test_S11_clock_changes_and_midnight_in_utc(
    world: World, clock: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "settings", world.settings.model_copy(update={"as_of": None}))
    # 6:59 UTC on 1 November is 23:59 on 31 October in Los Angeles: the export of 1 November lies ahead
    clock[0] = datetime(2026, 11, 1, 6, 59, tzinfo=UTC)
    world.drop("services_20261101.csv", services_csv(count=7))
    assert [m.reason for m in world.ingest().new] == ["FUTURE_FILE"]
    # the hour that comes twice that night, both times on the same day
    for number, instant in enumerate(
        (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, 30, tzinfo=UTC)), 1
    ):
        clock[0] = instant
        assert instant.astimezone(LOS_ANGELES).hour == 1
        world.drop(f"services_20261101_{number:02d}.csv", services_csv(count=8 + number))
        loaded = {m.file_name: m for m in world.ingest().new}
        # the day has come, and what lay ahead of it is judged again
        assert ("services_20261101.csv" in loaded) == (number == 1)
        for manifest in loaded.values():
            assert (manifest.state, manifest.data_through_date) == ("loaded", date(2026, 11, 1))
            assert manifest.received_at == instant
    # 7:59 UTC on 8 March is 23:59 the day before; two minutes later the hour from two to three will be missing
    for instant, day in ((datetime(2027, 3, 8, 7, 59, tzinfo=UTC), 7), (datetime(2027, 3, 15, 7, 1, tzinfo=UTC), 15)):
        assert days.as_of(asked=None, setting=None, logical_date=instant, run_after=instant) == date(2027, 3, day)
    # an event is a day: no hour can move it
    assert set(world.rows(name="services_20261101_02.csv")["service_date"]) == {"2026-05-01"}


def test_S12_two_runs_on_either_side_of_midnight(world: World, clock: list[datetime]) -> None:
    slot = datetime(2026, 9, 30, 6, 0, tzinfo=LOS_ANGELES)
    ends = [datetime(2026, 9, 30, 23, 59, tzinfo=LOS_ANGELES), datetime(2026, 10, 1, 0, 1, tzinfo=LOS_ANGELES)]
    assert {days.as_of(asked=None, setting=None, logical_date=slot, run_after=end) for end in ends} == {SEPTEMBER}
    judged = []
    for number, end in enumerate(ends, 1):
        clock[0] = end.astimezone(UTC)
        world.drop(f"services_20260930_{number:02d}.csv", services_csv(count=6 + number))
        (manifest,) = world.ingest().new
        judged.append((manifest.state, manifest.data_through_date, manifest.rows_loaded))
    assert judged == [("loaded", SEPTEMBER, 7), ("loaded", SEPTEMBER, 8)]
    # within one day the number in the name decides which is the newer one, and not the clock
    newest = max(world.manifests(entity="services"), key=lambda m: (m.data_through_date, m.source_sequence))
    assert newest.file_name == "services_20260930_02.csv"


def test_S13_old_day_is_run_again(marts: Built) -> None:
    evidence = "select * from indicator_evidence order by all"
    assert marts.june_again.rows(evidence) == marts.june.rows(evidence)
    assert len(marts.june.rows(evidence)) > 20
    # nor does a link that only September knows make one person of the two that June counted
    two = "select count(distinct person_key) from fct_enrollments where enrollment_id in ('ZQN12', 'ZQN13')"
    assert [b.one(two) for b in (marts.june, marts.september, marts.june_again)] == [(2,), (1,), (2,)]
    newest = "select max(data_through_date) from load_reconciliation where is_current"
    assert [b.one(newest) for b in (marts.june, marts.september, marts.june_again)] == [
        (date(2026, 6, 30),), (SEPTEMBER,), (date(2026, 6, 30),),
    ]  # fmt: skip


def test_S14_job_center_and_intermediary_report_one_person(marts: Built) -> None:
    person = keys(marts)["healthcare", "ZQH14"]
    assert marts.september.rows(
        "select source, sector, is_counted from indicator_evidence "
        f"where indicator_key = 'workers_enrolled' and subject_key = '{person}' order by all"
    ) == [("ajcc_la_county", "healthcare", True), ("healthcare", "healthcare", True)]
    assert marts.september.one(f"select n_records, n_sources from dim_participant where person_key = '{person}'") == (
        2,
        2,
    )
    # eight people of the intermediary; the job center's one is among them
    assert marts.september.value("workers_enrolled", "healthcare") == 8


def test_S15_placement_without_its_person_or_enrolment(marts: Built) -> None:
    september = marts.september
    for row, sector in ((4, "construction"), (5, None)):
        assert september.evidence("placed_in_jobs", "construction", "placements", row) == [(sector, False, "ORPHAN")]
    # never lost: all five are in raw and in the mart
    assert september.one("select count(*) from fct_placements where source = 'construction'") == (5,)
    assert september.value("placed_in_jobs", "construction") == 2


def test_S16_child_arrives_a_night_before_its_parent(marts: Built) -> None:
    assert marts.june.evidence("placed_in_jobs", "construction", "placements", 3) == [("construction", False, "ORPHAN")]
    # the placement came again word for word; its person has arrived
    assert marts.september.evidence("placed_in_jobs", "construction", "placements", 3) == [("construction", True, None)]
    june, again = (build.value("placed_in_jobs", "construction") for build in (marts.june, marts.june_again))
    assert (june, again) == (0, 0)


def test_S18_one_employer_in_several_spellings(marts: Built) -> None:
    assert marts.september.rows(
        "select normalized_name, n_spellings from dim_organization where is_partnership_employer order by all"
    ) == [("pacific coast building trades", 2), ("zqe18 trades", 3)]
    # five rows, two employers: the figure counts employers, and the evidence lists all five
    assert marts.september.value("employer_partnerships", "construction") == 2
    assert marts.september.one(
        "select count(*), count(distinct subject_key) from indicator_evidence "
        "where indicator_key = 'employer_partnerships' and is_counted and source = 'construction'"
    ) == (5, 2)


@pytest.fixture(scope="module")
def revised(built: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[date, Marts]:
    """The same home under a checkout whose targets change on 1 October, and that shows no percentage of under seven."""
    folder = tmp_path_factory.mktemp("revised")
    project = folder / "project"
    for part in ("sources", "expectations", "identity", "dbt_project", "seeds"):
        shutil.copytree(PROJECT / part, project / part, ignore=shutil.ignore_patterns("target", "logs"))
    _add_row(project / "seeds" / "indicator_catalogue.csv", "workers_enrolled,", ("338,450,", "400,500,"))
    _add_row(project / "seeds" / "companion_catalogue.csv", "completion_rate_pct,", (",85,", ",90,"))
    settings_file = project / "dbt_project" / "dbt_project.yml"
    settings_file.write_text(settings_file.read_text().replace('min_denominator: "1"', 'min_denominator: "7"'))
    shutil.copytree(built.settings.home, folder / "home")
    settings = deploy(folder, project)
    october = date(2026, 10, 1)
    return {day: build(settings, day, str(day), project=project) for day in (SEPTEMBER, october)}


def _add_row(seed: Path, key: str, change: tuple[str, str]) -> None:
    """A second row of a catalogue, valid from 1 October."""
    (line,) = [line for line in seed.read_text().splitlines() if line.startswith(key)]
    assert change[0] in line and "2021-03-03" in line
    new = line.replace(*change).replace("2021-03-03", "2026-10-01")
    seed.write_text(seed.read_text() + new + "\n")


def test_S19_baseline_or_target_was_changed(marts: Built, revised: dict[date, Marts]) -> None:
    query = (
        "select baseline, target from indicator_values where indicator_key = 'workers_enrolled' "
        "and sector = 'all' and period_type = 'to_date'"
    )
    assert marts.september.one(query) == (338, 450)
    assert [revised[day].one(query) for day in sorted(revised)] == [(338, 450), (400, 500)]
    companion = "select target from indicator_companions where companion_key = 'completion_rate_pct' and sector = 'all'"
    assert [revised[day].one(companion) for day in sorted(revised)] == [(85,), (90,)]


def test_S20_test_records_in_an_export(world: World) -> None:
    nobody = participant(7, first_name="Test", last_name="Participant 2")
    world.drop("participants_20260930.csv", participants_csv(nobody))
    assert world.ingest().state == "ok"
    assert world.counts("participants_20260930.csv") == (LAST_GOOD_ROWS + 1, LAST_GOOD_ROWS, 1, 0, 0)
    assert world.quarantined() == [(8, "TEST_RECORD", "first_name")]


def test_S21_percentage_of_nobody_or_of_too_few(marts: Built, revised: dict[date, Marts]) -> None:
    query = (
        "select sector, value_to_date, value_reason from indicator_values where period_type = 'to_date' "
        "and indicator_key = 'priority_population_pct' and sector in ('early_care_education', 'aerospace') order by all"
    )
    assert marts.september.rows(query) == [
        ("aerospace", Decimal("50.00"), None), ("early_care_education", None, "ZERO_DENOMINATOR"),
    ]  # fmt: skip
    # of six people, where the least is seven
    assert revised[SEPTEMBER].rows(query) == [
        ("aerospace", None, "TOO_FEW"), ("early_care_education", None, "ZERO_DENOMINATOR"),
    ]  # fmt: skip
    rate = (
        "select sector, companion_value, value_reason from indicator_companions "
        "where companion_key = 'completion_rate_pct' and sector in ('early_care_education', 'aerospace') order by all"
    )
    assert marts.september.rows(rate) == [
        ("aerospace", Decimal("0.00"), None), ("early_care_education", None, "ZERO_DENOMINATOR"),
    ]  # fmt: skip
    assert revised[SEPTEMBER].rows(rate)[0] == ("aerospace", None, "TOO_FEW")
