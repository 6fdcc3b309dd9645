"""Which way of putting a new night in place do readers of PostgreSQL never notice?

Five ways, each through so many swaps of two tables, while three readers ask: a plain query over both tables, a
prepared one, and a REPEATABLE READ transaction that says hello, as BI tools do, and asks for one table and then for
the other, in any order. A table holds one number, its night, in every row; so two numbers in an answer are a mixture,
and none or too few rows a half one.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import psycopg
from tests.postgres import Postgres, running_postgres

from hrtp.bi import set_up
from hrtp.bi.connect import connected
from hrtp.bi.layout import layout_digest, read_layout
from hrtp.bi.load import load
from hrtp.bi.nights import drop_unseen, open_night
from hrtp.bi.tables import attach, show

TABLES = ("fct_a", "fct_b")
_ONE = "select min(night), max(night), count(*) from marts.{}"
BOTH = " union all ".join(_ONE.format(table) for table in TABLES)


@dataclass
class Seen:
    """What the readers of one way saw."""

    answers: Counter[str] = field(default_factory=Counter)
    longest_ms: float = 0.0
    nights: set[int] = field(default_factory=set)


def read(server: Postgres, kind: str, rows: int, seen: Seen, is_over: threading.Event) -> None:
    """Ask until it is over; every answer is judged."""
    while not is_over.is_set():
        try:
            with server.connect("bi_reader", prepare_threshold=1 if kind == "prepared" else None) as connection:
                while not is_over.is_set():
                    time.sleep(0.005)
                    started = time.perf_counter()
                    found = ask(connection, kind)
                    seen.longest_ms = max(seen.longest_ms, 1000 * (time.perf_counter() - started))
                    nights = {night for low, high, _ in found for night in (low, high)}
                    if len(nights) > 1:
                        seen.answers[f"{kind}: mixed"] += 1
                    elif any(count != rows for _, _, count in found):
                        seen.answers[f"{kind}: incomplete"] += 1
                    else:
                        seen.answers["whole"] += 1
                        seen.nights |= nights
        except psycopg.Error as error:
            seen.answers[f"{kind}: {type(error).__name__}"] += 1


def ask(connection: psycopg.Connection[Any], kind: str) -> list[tuple[Any, ...]]:
    """One plain query, or two in one transaction of one snapshot."""
    if kind != "transaction":
        return connection.execute(BOTH).fetchall()
    found = []
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select version()")
        for table in random.sample(TABLES, 2):
            time.sleep(0.002)
            found += connection.execute(_ONE.format(table).encode()).fetchall()
    return found


Swap = Callable[[int], None]


def fill(connection: psycopg.Connection[Any], schema: str, night: int, rows: int) -> None:
    """Tables of a night."""
    for table in TABLES:
        connection.execute(f"create table {schema}.{table} as select {night} as night from generate_series(1, {rows})")
        connection.execute(f"grant select on {schema}.{table} to bi_reader")


def rename_schema(server: Postgres, connection: psycopg.Connection[Any], rows: int) -> Swap:
    """Build beside, then rename both schemas in one transaction; drop the old one later."""

    def swap(night: int) -> None:
        connection.execute("create schema marts_next")
        connection.execute("grant usage on schema marts_next to bi_reader")
        fill(connection, "marts_next", night, rows)
        with connection.transaction():
            connection.execute("alter schema marts rename to marts_old")
            connection.execute("alter schema marts_next rename to marts")
        connection.execute("drop schema marts_old cascade")

    fill(connection, "marts", 0, rows)
    return swap


def replace_views(server: Postgres, connection: psycopg.Connection[Any], rows: int) -> Swap:
    """Views over a schema a night, replaced in one transaction; the old schema is dropped later."""

    def swap(night: int) -> None:
        connection.execute(f"create schema n{night}")
        fill(connection, f"n{night}", night, rows)
        with connection.transaction():
            for table in TABLES:
                connection.execute(f"create or replace view marts.{table} as select night from n{night}.{table}")
                connection.execute(f"grant select on marts.{table} to bi_reader")
        if night:
            connection.execute(f"drop schema n{night - 1} cascade")

    swap(0)
    return swap


def truncate_and_insert(server: Postgres, connection: psycopg.Connection[Any], rows: int) -> Swap:
    """The same tables, emptied and filled in one transaction."""

    def swap(night: int) -> None:
        with connection.transaction():
            for table in TABLES:
                connection.execute(f"truncate marts.{table}")
                connection.execute(f"insert into marts.{table} select {night} from generate_series(1, {rows})")

    fill(connection, "marts", 0, rows)
    return swap


def delete_and_insert(server: Postgres, connection: psycopg.Connection[Any], rows: int) -> Swap:
    """The same, row by row: dead rows stay until a vacuum."""

    def swap(night: int) -> None:
        with connection.transaction():
            for table in TABLES:
                connection.execute(f"delete from marts.{table}")
                connection.execute(f"insert into marts.{table} select {night} from generate_series(1, {rows})")
        for table in TABLES:
            connection.execute(f"vacuum marts.{table}")

    fill(connection, "marts", 0, rows)
    return swap


def one_row(server: Postgres, connection: psycopg.Connection[Any], rows: int) -> Swap:
    """The product's own way: the night beside, and one row that says which is shown."""
    connection.execute("drop schema marts")
    settings = server.settings(home=server.folder.parent / "home")
    set_up(settings)
    dsn = server.dsn("bi_publisher")
    source = duckdb.connect()
    source.execute("attach ':memory:' as published")
    source.execute("create schema published.marts")

    def swap(night: int) -> None:
        for table in TABLES:
            source.execute(
                f"create or replace table published.marts.{table} as select {night}::integer as night "
                f"from range({rows})"
            )
        marts = read_layout(source, settings.project)
        counts = {mart.name: rows for mart in marts}
        with connected(dsn) as own:
            opened = open_night(own, f"{night:016x}", layout_digest(marts), None, counts)
            load(dsn, source, opened, marts)
            attach(own, opened, marts)
            show(own, opened, marts)
            drop_unseen(own, keep={f"{night - 1:016x}"})

    swap(0)
    return swap


def run(server: Postgres, swap: Swap, rows: int, swaps: int) -> tuple[Seen, float, int]:
    """Readers beside so many swaps: what they saw, seconds a swap, and how many times a swap was refused."""
    seen, is_over, refused = Seen(), threading.Event(), 0
    kinds = ("plain", "prepared", "transaction")
    readers = [threading.Thread(target=read, args=(server, kind, rows, seen, is_over)) for kind in kinds]
    for reader in readers:
        reader.start()
    started = time.perf_counter()
    try:
        for night in range(1, swaps + 1):
            try:
                swap(night)
            except psycopg.Error as error:
                refused += 1
                print("   swap refused:", type(error).__name__)
    finally:
        took = (time.perf_counter() - started) / swaps
        is_over.set()
        for reader in readers:
            reader.join()
    return seen, took, refused


def main() -> None:
    """A table of what each way showed its readers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--rows", type=int, default=2_000)
    options = parser.parse_args()
    ways = (rename_schema, replace_views, truncate_and_insert, delete_and_insert, one_row)
    with running_postgres() as server:
        for way in ways:
            with server.connect("admin") as connection:
                connection.execute("drop schema marts cascade")
                connection.execute("create schema marts")
                connection.execute("grant usage on schema marts to bi_reader")
                seen, took, refused = run(server, way(server, connection, options.rows), options.rows, options.swaps)
            whole = seen.answers.pop("whole")
            wrong = ", ".join(f"{what} {n}" for what, n in sorted(seen.answers.items())) or "nothing wrong"
            print(
                f"{way.__name__:20} {options.swaps} swaps, {refused} refused, {1000 * took:4.0f} ms each; {whole} "
                f"answers of {len(seen.nights)} nights whole; {wrong}; longest wait {seen.longest_ms:.0f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
