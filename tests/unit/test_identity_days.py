"""Who is one person on which day: what comes later joins nobody earlier, and a key stays where it hangs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hrtp.identity import FIRST_DAYS, PersonKey, resolve
from hrtp.settings import Settings, load_settings

KEY = PersonKey(b"k" * 64)
JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)
#: Source, file, day, participant, state id, first name: two of construction whom only September's state id joins, and
#: one at a partner of whom nothing runs through June yet.
ROWS = [
    ("construction", "a", JUNE, "P1", None, "Ana"),
    ("construction", "a", JUNE, "P2", None, "Eva"),
    ("construction", "b", SEPTEMBER, "P1", "C1", "Ana"),
    ("construction", "b", SEPTEMBER, "P2", "C1", "Eva"),
    ("construction", "b", SEPTEMBER, "P3", None, "Ida"),
    ("healthcare", "c", SEPTEMBER, "H1", None, "Eva"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(home=tmp_path / "home")
    made.make_zones()
    return made


def raw(days: dict[str, date] | None = None) -> duckdb.DuckDBPyConnection:
    """The raw views of ``ROWS``; ``days`` moves the day of a file, as a redelivery does."""
    connection = duckdb.connect()
    connection.execute("create schema raw")
    connection.execute(
        "create table raw.load_manifest (source varchar, entity varchar, file_sha256 varchar, state varchar, "
        "data_through_date date, source_sequence bigint)"
    )
    connection.execute(
        "create table raw.participants (_source varchar, _file_sha256 varchar, _row_number bigint, "
        "participant_id varchar, caljobs_id varchar, first_name varchar, last_name varchar, date_of_birth varchar, "
        "ssn_last4 varchar)"
    )
    connection.execute(
        "create table raw.pirl (_source varchar, _file_sha256 varchar, _row_number bigint, pirl_100 varchar, "
        "pirl_200 varchar)"
    )
    connection.execute("create table raw.caljobs_activities (_source varchar, caljobs_id varchar)")
    for number, (source, file, day, participant, state_id, name) in enumerate(ROWS, 2):
        born = {"Ana": "1990-01-01", "Eva": "1991-01-01", "Ida": "1992-01-01"}[name]
        connection.execute(
            "insert into raw.participants values (?, ?, ?, ?, ?, ?, 'Ruiz', ?, null)",
            [source, file, number, participant, state_id, name, born],
        )
        day = (days or {}).get(file, day)
        connection.execute(
            "insert into raw.load_manifest select ?, 'participants', ?, 'loaded', ?, 1 "
            "where not exists (from raw.load_manifest where file_sha256 = ?)",
            [source, file, day, file],
        )
    return connection


def keys(path: Path) -> dict[str, str]:
    table = pq.read_table(path).to_pylist()
    return {row["record_id"]: row["person_key"] for row in table}


def test_a_link_that_only_a_later_export_knows_joins_nobody_on_an_earlier_day(settings: Settings) -> None:
    june = keys(resolve(raw(), KEY, settings, as_of=JUNE))
    september = keys(resolve(raw(), KEY, settings, as_of=SEPTEMBER))
    assert june["P1"] != june["P2"]
    assert september["P1"] == september["P2"] == june["P1"]
    assert set(june) == set(september) == {"P1", "P2", "P3", "H1"}


def test_a_partner_that_begins_later_takes_part_with_its_first_export(settings: Settings) -> None:
    june = keys(resolve(raw(), KEY, settings, as_of=JUNE))
    assert june["H1"] == june["P2"]


def test_bytes_that_come_again_move_no_persons_key(settings: Settings) -> None:
    again = {"a": date(2026, 12, 31)}
    first = pa.Table.from_pylist(
        [{"source": "construction", "entity": "participants", "file_sha256": "a", "first_day": JUNE}], schema=FIRST_DAYS
    )
    december = date(2026, 12, 31)
    before = keys(resolve(raw(), KEY, settings, as_of=SEPTEMBER))
    after = keys(resolve(raw(again), KEY, settings, as_of=december, first_days=first))
    # in December the writing of June holds again, which knows no state id
    assert after["P1"] == before["P1"]
    assert after["P2"] == keys(resolve(raw(), KEY, settings, as_of=JUNE))["P2"]
