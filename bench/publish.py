"""Rows a second into PostgreSQL: a mart of a million rows by the product's path, beside plain ADBC and pandas."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from sqlalchemy import create_engine
from tests.postgres import Postgres, running_postgres

from hrtp.bi import publish_to_postgres
from hrtp.build import WAREHOUSE_FILE
from hrtp.publish import publish
from hrtp.settings import Settings

#: As wide as the real mart: keys of 32 and 64 hex digits, the sha256 of a file, a date, an amount.
FCT_SERVICES = """
create or replace table marts.fct_services as
select md5('service' || i || '{night}') as service_key, sha256('person' || (i % 200000)) as person_key,
    ['construction', 'healthcare', 'technology', 'aerospace', 'early_care_education', 'creative_economy'][i % 6 + 1]
    as sector, 'construction' as sectors, 'ajcc_la_county' as source,
    'CON-S-' || lpad(i::varchar, 9, '0') as service_id,
    'intermediary' as origin, 'training_stipend' as service_type, i % 3 = 0 as is_supportive, i % 50 = 0
    as is_summer_youth, date '2025-07-01' + (i % 450)::integer as service_date,
    case when i % 4 = 0 then null else (i % 900000 / 100)::decimal(12, 2) end as amount_usd,
    null::varchar as orphan_reason, sha256('file' || (i % 400)) as file_sha256, i as row_number
from range({rows}) as t(i)
"""
#: pandas is so much slower that a part of the rows tells.
PANDAS_ROWS = 50_000


def make_night(settings: Settings, night: int, rows: int) -> duckdb.DuckDBPyConnection:
    """Publish a night of one mart as files; a connection that reads it."""
    settings.make_zones()
    with duckdb.connect(str(settings.warehouse / WAREHOUSE_FILE)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(FCT_SERVICES.format(night=night, rows=rows))
    publish(settings)
    connection = duckdb.connect()
    connection.execute(f"attach '{(settings.published / 'marts.duckdb').resolve()}' as published (read_only)")
    return connection


def plain_adbc(server: Postgres, source: duckdb.DuckDBPyConnection) -> None:
    """What the driver does by itself: it makes the table, without key, index, comment or check."""
    reader: pa.RecordBatchReader = source.execute("select * from published.marts.fct_services").to_arrow_reader(50_000)
    with dbapi.connect(server.dsn("admin")) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("plain_fct_services", reader, mode="replace")
        connection.commit()


def pandas_to_sql(server: Postgres, source: duckdb.DuckDBPyConnection) -> None:
    """As most people call it."""
    frame = source.execute(f"select * from published.marts.fct_services limit {PANDAS_ROWS}").df()
    frame.to_sql("pandas_fct_services", create_engine(server.sqlalchemy_url("admin")), if_exists="replace", index=False)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Take turns, so that both meet the same machine; the best of each counts, and the median of the rounds' ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        settings = server.settings(home=Path(folder) / "home")
        ours, plain = [], []
        for night in range(options.rounds):
            with make_night(settings, night, options.rows) as source:
                ours.append(seconds(lambda: publish_to_postgres(settings)))
                plain.append(seconds(lambda source=source: plain_adbc(server, source)))
                print(
                    f"round {night + 1}: publish {options.rows / ours[-1]:9,.0f} rows/s, "
                    f"plain ADBC {options.rows / plain[-1]:9,.0f} rows/s, ratio {plain[-1] / ours[-1]:.2f}",
                    flush=True,
                )
                if night == 0:
                    slow = PANDAS_ROWS / seconds(lambda source=source: pandas_to_sql(server, source))
        assert server.rows("select count(*) from fct_services") == [(options.rows,)]
    best, best_plain = options.rows / min(ours), options.rows / min(plain)
    print(f"publish, with key, indexes, statistics and counts  {best:9,.0f} rows/s")
    print(
        f"plain ADBC ingest, without                         {best_plain:9,.0f} rows/s, ratio {best / best_plain:.2f}"
    )
    ratios = [theirs / own for theirs, own in zip(plain, ours, strict=True)]
    print(f"median of the ratios of {options.rounds} rounds {statistics.median(ratios):.2f}")
    print(f"pandas to_sql                                      {slow:9,.0f} rows/s, ratio {slow / best_plain:.3f}")


if __name__ == "__main__":
    main()
