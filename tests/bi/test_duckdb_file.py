"""The published DuckDB file opens in clients that are older than ours."""

from __future__ import annotations

import struct

import duckdb

from hrtp.publish import MARTS_FILE, current_content_id
from hrtp.settings import load_settings
from tests.bi.world import Nights, published_file

#: The number that a client compares with the newest that it knows: 64 is all that DuckDB 1.0 and 1.1 read.
READ_SINCE_1_0 = 64


def test_the_file_is_of_the_form_that_every_client_since_1_0_reads(nights: Nights) -> None:
    file = load_settings(home=nights.first).published / MARTS_FILE
    with file.open("rb") as handle:
        header = handle.read(20)
    assert header[8:12] == b"DUCK"
    assert struct.unpack("<Q", header[12:20]) == (READ_SINCE_1_0,)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file.resolve()}' as night (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'night'").fetchall()
    # 1.1 writes the same number and a sketch that 1.0 cannot read: the tag tells the two apart
    assert tags == [({"storage_version": "v1.0.0+"},)]


def test_the_stable_name_leads_to_the_file_under_the_name_of_its_content(nights: Nights) -> None:
    settings = load_settings(home=nights.first)
    content_id = current_content_id(settings)
    assert content_id is not None
    assert (settings.published / MARTS_FILE).resolve() == settings.published / "versions" / content_id / MARTS_FILE


def test_its_tables_and_columns_are_described(nights: Nights) -> None:
    with published_file(load_settings(home=nights.first)) as connection:
        bare = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal and comment is null "
            "union all select table_name, null from duckdb_tables() where comment is null"
        ).fetchall()
    assert bare == []
