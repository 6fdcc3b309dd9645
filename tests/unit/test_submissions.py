"""A file against what its partner sent before: what must wait, what is noted, and what is nobody's business."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.unit.desk import Desk, export
from tests.unit.reading_world import services

PEOPLE_HEADER = "participant_id,first_name,last_name,date_of_birth,ssn_last4"
TRAINING_HEADER = "enrollment_id,participant_id,program_id,sector,status,training_start_date,completion_date"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def people(*rows: str) -> str:
    return "\n".join([PEOPLE_HEADER, *rows]) + "\n"


def crowd(count: int, prefix: str = "P") -> list[str]:
    """People who differ in name and birth date."""
    letters = "abcdefghijklmnopqrst"
    return [
        f"{prefix}{n},F{letters[n] * 5},L{letters[-n - 1] * 6},{date(1980, 1, 1) + timedelta(days=97 * n)},"
        for n in range(count)
    ]


def training(*rows: str) -> str:
    return "\n".join([TRAINING_HEADER, *rows]) + "\n"


def completed(n: int, start: str = "2026-01-05", done: str | None = "2026-03-05") -> str:
    status = "completed" if done else "active"
    return f"E{n},P{n},W1,construction,{status},{start},{done or ''}"


def state(desk: Desk, name: str) -> tuple[str, str | None]:
    desk.ingest()
    return desk.states()[name]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(8, ("held", "HELD_VOLUME")), (160, ("held", "HELD_VOLUME")), (36, ("loaded", None)), (100, ("loaded", None))],
)
def test_a_jump_of_the_row_count_waits(desk: Desk, rows: int, expected: tuple[str, str | None]) -> None:
    desk.drop("services_20260901.csv", export(*(f"S{n}" for n in range(40))))
    desk.ingest()
    desk.drop("services_20260908.csv", export(*(f"S{n}" for n in range(rows))))
    assert state(desk, "services_20260908.csv") == expected
    current = max((m for m in desk.manifests().values() if m.state == "loaded"), key=lambda m: m.data_through_date)
    assert current.rows_loaded == (rows if expected[0] == "loaded" else 40)


def test_a_few_rows_may_come_and_go(desk: Desk) -> None:
    desk.drop("services_20260901.csv", export("S1", "S2"))
    desk.ingest()
    desk.drop("services_20260908.csv", export("S7", "S8", "S9", "S10", "S11", "S12", "S13"))
    assert state(desk, "services_20260908.csv") == ("loaded", None)


def test_changes_sent_as_a_whole_would_end_the_rest_and_wait(desk: Desk) -> None:
    desk.drop("services_20260901.csv", export(*(f"S{n}" for n in range(40))))
    desk.ingest()
    # as many rows as before, but of other services
    desk.drop("services_20260908.csv", export(*(f"S{n}" for n in range(30, 70))))
    assert state(desk, "services_20260908.csv") == ("held", "KEYS_VANISHED")


@pytest.mark.parametrize(("taken_back", "expected"), [(1, ("loaded", None)), (4, ("held", "FORBIDDEN_REVERSAL"))])
def test_one_completion_may_be_corrected_and_many_are_not_taken_back_without_a_word(
    desk: Desk, taken_back: int, expected: tuple[str, str | None]
) -> None:
    rows = [completed(n) for n in range(20)]
    desk.drop("enrollments_20260901.csv", training(*rows))
    desk.ingest()
    active = [completed(n, done=None) for n in range(taken_back)]
    desk.drop("enrollments_20260908.csv", training(*rows[taken_back:], *active))
    assert state(desk, "enrollments_20260908.csv") == expected
    manifest = desk.manifests()["enrollments_20260908.csv"]
    if expected[0] == "held":
        assert manifest.detail == "4 rows take back status; 4 rows take back completion_date"
    else:
        assert manifest.warnings["REVERSED:status"] == 1


def test_a_completion_whose_date_the_reader_refused_is_a_bad_row_and_no_reversal(desk: Desk) -> None:
    rows = [completed(n) for n in range(20)]
    desk.drop("enrollments_20260901.csv", training(*rows))
    desk.ingest()
    desk.drop("enrollments_20260908.csv", training(*rows[:-1], completed(19, done="2026-02-30")))
    assert state(desk, "enrollments_20260908.csv") == ("loaded", None)
    assert desk.manifests()["enrollments_20260908.csv"].rows_quarantined == 1


def test_one_date_that_moves_is_noted_and_many_wait(desk: Desk) -> None:
    rows = [completed(n) for n in range(40)]
    desk.drop("enrollments_20260901.csv", training(*rows))
    desk.ingest()
    desk.drop("enrollments_20260908.csv", training(*rows[1:], completed(0, start="2025-11-05")))
    assert state(desk, "enrollments_20260908.csv") == ("loaded", None)
    assert desk.manifests()["enrollments_20260908.csv"].warnings == {
        **desk.manifests()["enrollments_20260901.csv"].warnings,
        "DATE_MOVED:training_start_date": 1,
        "RESTATED:training_start_date": 1,
    }
    desk.drop("enrollments_20260915.csv", training(*(completed(n, start="2025-09-05") for n in range(40))))
    assert state(desk, "enrollments_20260915.csv") == ("held", "DATES_MOVED")


def test_an_id_that_now_carries_another_person_is_quarantined(desk: Desk) -> None:
    rows = crowd(20)
    desk.drop("participants_20260901.csv", people(*rows))
    desk.ingest()
    desk.drop("participants_20260908.csv", people(*rows[1:], "P0,Zora,Quimby,1999-07-07,"))
    assert state(desk, "participants_20260908.csv") == ("loaded", None)
    quarantined = [
        row for path in desk.zone.quarantine_files(desk.zone.version()) for row in pq.read_table(path).to_pylist()
    ]
    assert [(q["row_number"], q["rule_id"], q["column_name"]) for q in quarantined] == [
        (21, "IDENTITY_CONFLICT", "participant_id")
    ]
    assert "Quimby" not in str(quarantined)


@pytest.mark.parametrize(
    "same",
    [
        "P0,Faaaaa,Newname,1980-01-01,",  # a marriage
        "P0,Faaaaa,Ltttttt,1980-10-01,",  # a corrected birth date
        "P0,Faaaa,Ltttttt,1980-10-01,",  # ... and a corrected letter
        "P0,Zora,Quimby,1999-07-07,1234",  # the same digits vouch for the person
    ],
)
def test_a_correction_is_not_another_person(desk: Desk, same: str) -> None:
    rows = crowd(20)
    rows[0] += "1234" if same.endswith("1234") else ""
    desk.drop("participants_20260901.csv", people(*rows))
    desk.ingest()
    desk.drop("participants_20260908.csv", people(same, *rows[1:]))
    assert state(desk, "participants_20260908.csv") == ("loaded", None)
    assert desk.manifests()["participants_20260908.csv"].rows_quarantined == 0


def test_an_id_that_was_gone_for_a_while_still_belongs_to_its_person(desk: Desk) -> None:
    rows = crowd(20)
    for day, content in (("01", rows), ("08", rows[1:]), ("15", [*rows[1:], "P0,Zora,Quimby,1999-07-07,"])):
        desk.drop(f"participants_202609{day}.csv", people(*content))
        desk.ingest()
    assert [m.rows_quarantined for m in desk.manifests().values()] == [0, 0, 1]


def test_new_ids_for_the_same_people_wait(desk: Desk) -> None:
    desk.drop("participants_20260901.csv", people(*crowd(20)))
    desk.ingest()
    desk.drop("participants_20260908.csv", people(*crowd(20, prefix="NEW-")))
    assert state(desk, "participants_20260908.csv") == ("held", "ID_SCHEME_CHANGE")


def test_ids_dealt_out_anew_among_the_people_wait(desk: Desk) -> None:
    rows = crowd(20)
    desk.drop("participants_20260901.csv", people(*rows))
    desk.ingest()
    turned = [f"P{(n + 1) % 20},{row.split(',', 1)[1]}" for n, row in enumerate(rows)]
    desk.drop("participants_20260908.csv", people(*turned))
    assert state(desk, "participants_20260908.csv") == ("held", "ID_SCHEME_CHANGE")


def test_an_old_export_under_a_new_name_waits(desk: Desk) -> None:
    def year(n: int) -> list[str]:
        return [completed(i, start=f"{n}-01-05", done=f"{n}-03-05") for i in range(20)]

    desk.drop("enrollments_20260901.csv", training(*year(2026)))
    desk.ingest()
    desk.drop("enrollments_20260908.csv", training(*year(2025)))
    assert state(desk, "enrollments_20260908.csv") == ("held", "PERIOD_MISMATCH")


def test_events_after_the_day_in_the_name_say_that_the_name_is_wrong(desk: Desk) -> None:
    desk.drop("enrollments_20260201.csv", training(*(completed(n) for n in range(20))))
    assert state(desk, "enrollments_20260201.csv") == ("held", "PERIOD_MISMATCH")


def test_a_number_written_with_another_zero_is_not_restated(desk: Desk) -> None:
    for day, amounts in (("01", ("101.50", "7")), ("08", ("101.5", "7.00")), ("15", ("101.5", "8"))):
        rows = [f"S{n},P1,housing,2026-05-01,{amount}" for n, amount in enumerate(amounts)]
        desk.drop(f"services_202609{day}.csv", services(*rows))
        desk.ingest()
    restated = [m.warnings.get("RESTATED:amount", 0) for m in desk.manifests().values()]
    assert restated == [0, 0, 1]
