"""What PostgreSQL shows is what was published: every value, type, word, key."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from hrtp.bi import BiPublishFailed, publish_to_postgres
from hrtp.settings import load_settings
from tests.bi.world import Nights, duckdb_rows, postgres_rows, publish_file, published_file
from tests.county import PUBLISHED
from tests.postgres import Postgres


@pytest.fixture(scope="module")
def shown(server: Postgres, nights: Nights) -> Postgres:
    """A database that shows the first night."""
    found = server.another("bi_copied")
    publish_to_postgres(nights.settings(found)[0])
    return found


def models(shown: Postgres) -> dict[str, dict[str, Any]]:
    """Mart -> its YAML, of those that are published."""
    folder = load_settings().project / "dbt_project" / "models" / "marts"
    documents = [yaml.safe_load(path.read_text()) or {} for path in sorted(folder.rglob("*.yml"))]
    names = {name for (name,) in shown.rows("select viewname from pg_views where schemaname = 'marts'")}
    found = {model["name"]: model for document in documents for model in document.get("models") or ()}
    assert len(names & set(found)) == len(names) - 2  # the night's own row, and the results of tests
    return {name: model for name, model in found.items() if name in names}


def test_every_value_of_every_mart_is_the_published_one(shown: Postgres, nights: Nights) -> None:
    wanted, found = duckdb_rows(nights.settings(shown)[0]), postgres_rows(shown)
    assert list(found) == list(wanted)
    assert len(found) > 30
    assert sum(map(len, found.values())) > 10_000
    assert [name for name in wanted if found[name] != wanted[name]] == []


def test_every_type_is_the_published_one(shown: Postgres, nights: Nights) -> None:
    plain = {
        "VARCHAR": "text",
        "BIGINT": "bigint",
        "INTEGER": "integer",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "TIMESTAMP": "timestamp without time zone",
    }
    with published_file(nights.settings(shown)[0]) as connection:
        columns = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where not internal"
        ).fetchall()
    wanted = {
        (table, column): plain.get(kind) or re.sub(r"DECIMAL\((\d+),(\d+)\)", r"numeric(\1,\2)", kind)
        for table, column, kind in columns
    }
    assert len(wanted) > 400
    found = shown.rows(
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a "
        "join pg_class c on c.oid = a.attrelid where c.relnamespace = 'marts'::regnamespace and a.attnum > 0 "
        "and c.relname <> 'published_night'"
    )
    assert {(table, column): kind for table, column, kind in found} == wanted
    assert set(wanted.values()) >= {"numeric(18,2)", "numeric(12,6)", "date", "boolean"}


def test_the_17_figures_are_the_county_s(shown: Postgres) -> None:
    found = shown.rows(
        "select indicator_key, value_to_date from indicator_values where sector = 'all' and period_type = 'to_date'"
    )
    assert dict(found) == PUBLISHED


def test_every_table_and_column_is_described_in_the_words_of_the_data_dictionary(shown: Postgres) -> None:
    tables = dict(
        shown.rows("select relname, obj_description(oid) from pg_class where relnamespace = 'marts'::regnamespace")
    )
    columns = shown.rows(
        "select c.relname, a.attname, col_description(c.oid, a.attnum) from pg_attribute a "
        "join pg_class c on c.oid = a.attrelid where c.relnamespace = 'marts'::regnamespace and a.attnum > 0"
    )
    assert [name for name, words in tables.items() if not words] == []
    assert [(table, column) for table, column, words in columns if not words] == []
    found = {(table, column): words for table, column, words in columns}
    for name, model in models(shown).items():
        assert tables[name] == model["description"].strip()
        for column in model["columns"]:
            assert found[name, column["name"]] == column["description"].strip(), (name, column["name"])


def test_every_mart_that_declares_a_key_has_it_and_the_planner_knows_its_rows(shown: Postgres) -> None:
    keys = {
        table: (kind, tuple(columns))
        for table, kind, columns in shown.rows(
            "select c.relname, k.contype::text, array(select a.attname::text from unnest(k.conkey) with ordinality as "
            "u(n, i) join pg_attribute a on a.attrelid = c.oid and a.attnum = u.n order by u.i) "
            "from pg_constraint k join pg_class c on c.oid = k.conrelid where k.contype in ('p', 'u') "
            "and c.relnamespace::regnamespace::text ~ '^marts_night_'",
            "admin",
        )
    }
    declared = {}
    for name, model in models(shown).items():
        for test in model.get("data_tests") or ():
            if isinstance(test, dict) and "unique_combination" in test:
                declared.setdefault(name, tuple(test["unique_combination"]["arguments"]["columns"]))
    assert {table: columns for table, (_, columns) in keys.items()} == declared
    assert len([table for table, (kind, _) in keys.items() if kind == "p"]) > 25
    # a key that some rows have nulls in takes these for equal
    assert shown.rows(
        "select count(*) > 0, bool_and(i.indnullsnotdistinct) from pg_constraint k join pg_index i "
        "on i.indexrelid = k.conindid where k.contype = 'u' and k.connamespace::regnamespace::text ~ '^marts_night_'",
        "admin",
    ) == [(True, True)]
    unknown = shown.rows(
        "select relname from pg_class where relkind = 'r' and reltuples < 0 "
        "and relnamespace::regnamespace::text ~ '^marts_night_'",
        "admin",
    )
    assert unknown == []


def test_indexes_stand_where_models_ask_for_them_and_serve_the_dashboards_filters(shown: Postgres) -> None:
    wanted = {
        (name, tuple(columns))
        for name, model in models(shown).items()
        for columns in ((model.get("config") or {}).get("meta") or {}).get("bi_indexes") or ()
    }
    found = {
        (table, tuple(columns))
        for table, columns in shown.rows(
            "select c.relname, array(select a.attname::text "
            "from unnest(i.indkey::smallint[]) with ordinality as u(n, k) "
            "join pg_attribute a on a.attrelid = c.oid and a.attnum = u.n order by u.k) "
            "from pg_index i join pg_class c on c.oid = i.indrelid where not i.indisunique "
            "and c.relnamespace::regnamespace::text ~ '^marts_night_'",
            "admin",
        )
    }
    assert found == wanted
    assert len(wanted) > 4
    with shown.connect("bi_reader") as connection:
        connection.execute("set enable_seqscan = off")
        plan = connection.execute(
            "explain select * from indicator_values where sector = 'healthcare' and period_type = 'month'"
        ).fetchall()
    assert any("Index Cond: ((sector = 'healthcare'::text) AND (period_type = 'month'::text))" in str(p) for p in plan)


EDGES = """
create table marts.edges as select * from (values
    (1::bigint, 9223372036854775807::bigint, 2147483647::integer, 32767::smallint, true, '', date '0001-01-01',
        timestamp '0001-01-01 00:00:00.000001', 99999999999999999999999999999999999.999::decimal(38, 3),
        0.01::decimal(4, 2), 1.7976931348623157e308::double, timestamptz '2026-03-08 02:30:00-08'),
    (2, -9223372036854775808, -2147483648, -32768, false, E'\\\\N\\t\\n\\r"quoted", ''ticks'' und Größe 北京 🎓',
        date '9999-12-31', timestamp '9999-12-31 23:59:59.999999', -99999999999999999999999999999999999.999, -99.99,
        'nan', timestamptz '1969-12-31 23:59:59.999999+00'),
    (3, null, null, null, null, null, null, null, null, null, null, null),
    (4, 0, 0, 0, null, repeat('x', 100000), date '1970-01-01', timestamp '1970-01-01', 0, 0, '-inf',
        timestamptz '2026-11-01 01:30:00-07')
) as t(id, big, middle, small, flag, words, day, moment, wide, narrow, float, instant)
"""


def test_the_edges_of_every_type_arrive_as_they_are(postgres: Postgres, tmp_path: Path) -> None:
    settings = postgres.settings(home=tmp_path)
    publish_file(settings, EDGES)
    publish_to_postgres(settings)
    with published_file(settings) as connection:
        wanted = connection.execute("select * from edges order by id").fetchall()
    found = postgres.rows("select * from edges order by id")
    assert repr([readable(row) for row in found]) == repr([readable(row) for row in wanted])
    assert found[0][8] == Decimal("99999999999999999999999999999999999.999")
    assert found[1][6] == date(9999, 12, 31)
    assert found[1][7] == datetime(9999, 12, 31, 23, 59, 59, 999999)


def readable(row: tuple[Any, ...]) -> list[Any]:
    """A row with moments of a zone in UTC, whichever zone a driver chose."""
    return [v.astimezone(UTC) if isinstance(v, datetime) and v.tzinfo is not None else v for v in row]


@pytest.mark.parametrize("kind", ["[1, 2]", "interval 1 day", "1::hugeint", "{'a': 1}"])
def test_a_type_that_bi_tools_cannot_read_is_refused_by_name(postgres: Postgres, tmp_path: Path, kind: str) -> None:
    settings = postgres.settings(home=tmp_path)
    publish_file(settings, "create table marts.good as select 1 as id")
    publish_to_postgres(settings)
    publish_file(settings, f"create table marts.good as select {kind} as odd")
    with pytest.raises(BiPublishFailed, match=r"BI_PUBLISH_FAILED: good.odd is of type .* cast it"):
        publish_to_postgres(settings)
    assert postgres.rows("select * from good") == [(1,)]


def test_lineage_leads_to_the_schema_that_readers_see_and_names_no_password(nights: Nights, postgres: Postgres) -> None:
    first, _ = nights.settings(postgres)
    publish_to_postgres(first)
    text = "".join(path.read_text() for path in sorted((first.logs / "lineage").glob("*.jsonl")))
    told = [json.loads(line) for line in text.splitlines()]
    ends = [event for event in told if event["job"]["name"].startswith("publish.postgres.") and event["outputs"]]
    outputs = {output["name"] for event in ends for output in event["outputs"]}
    assert {f"postgres.{name}" for name in duckdb_rows(first)} <= outputs
    assert f"{postgres.database}.marts.indicator_values" in text
    assert not [password for password in postgres.passwords.values() if password in text]
