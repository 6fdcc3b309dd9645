"""Dashboards that ask without a pause through 20 nights: none errs, none sees two nights, none is made to wait."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hrtp.bi import publish_to_postgres
from tests.bi.world import Nights, duckdb_rows, postgres_rows, publish_file, schemas
from tests.postgres import Postgres

PUBLISHES = 20
#: One number that names the night, from each of several marts; and how many rows they have.
DAYS = (
    "select (select content_id from published_night), (select max(as_of_date) from indicator_values), "
    "(select max(as_of_date) from source_freshness), (select max(as_of_date) from person_reach), "
    "(select count(*) from fct_services), (select count(*) from fct_placements), "
    "(select sum(value_to_date) from indicator_values)"
)
Answer = tuple[Any, ...]


def by_one_query(connection: psycopg.Connection[Any]) -> Answer:
    """As a dashboard asks: one query over many marts."""
    return tuple(connection.execute(DAYS.encode()).fetchall()[0])


def by_one_transaction(connection: psycopg.Connection[Any]) -> Answer:
    """As an extract asks: one snapshot, a query a mart, in any order, after a hello."""
    found: dict[int, Any] = {}
    parts = ["(" + part.strip("() ") + ")" for part in DAYS.removeprefix("select ").split("), (")]
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select version()")
        for place in random.sample(range(len(parts)), len(parts)):
            time.sleep(0.001)
            found[place] = connection.execute(f"select {parts[place]}".encode()).fetchall()[0][0]
    return tuple(found[place] for place in sorted(found))


@dataclass
class Poller:
    """A dashboard: its answers, each with the number of publishes that had begun."""

    postgres: Postgres
    ask: Callable[[psycopg.Connection[Any]], Answer]
    options: dict[str, Any] = field(default_factory=dict)
    answers: list[tuple[int, Answer]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, is_over: threading.Event, begun: list[int]) -> None:
        while not is_over.is_set():
            try:
                with self.postgres.connect("bi_reader", **self.options) as connection:
                    while not is_over.is_set():
                        time.sleep(0.005)
                        number = len(begun)
                        self.answers.append((number, self.ask(connection)))
            except psycopg.Error as error:
                self.errors.append(repr(error))


@contextmanager
def polled(pollers: list[Poller], begun: list[int]) -> Iterator[None]:
    is_over = threading.Event()
    threads = [threading.Thread(target=poller.run, args=(is_over, begun)) for poller in pollers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def test_through_20_publishes_no_poll_errs_or_sees_two_nights(postgres: Postgres, nights: Nights) -> None:
    pair = nights.settings(postgres)
    whole = []
    for settings in pair:
        publish_to_postgres(settings)
        with postgres.connect("bi_reader") as connection:
            whole.append(by_one_query(connection))
    # each of the numbers differs between the two nights, so that a mixture of any two of them shows
    assert [a == b for a, b in zip(*whole, strict=True)] == [False] * len(whole[0])
    begun: list[int] = []
    pollers = [
        Poller(postgres, by_one_query, {"prepare_threshold": None}),
        Poller(postgres, by_one_query, {"prepare_threshold": 1}),
        Poller(postgres, by_one_transaction),
    ]
    with polled(pollers, begun):
        for number in range(PUBLISHES):
            begun.append(number)
            assert publish_to_postgres(pair[number % 2]).changed
    for poller in pollers:
        assert poller.errors == []
        assert {answer for _, answer in poller.answers} == set(whole), "two nights in one answer"
        polls = Counter(number for number, _ in poller.answers)
        assert [number for number in range(1, PUBLISHES + 1) if not polls[number]] == [], "a publish without a poll"
    # nothing of all that is left but the night that is shown and what readers still held
    assert postgres_rows(postgres) == duckdb_rows(pair[1])


def test_a_transaction_of_last_night_reads_on_while_nights_come_and_go(postgres: Postgres, nights: Nights) -> None:
    pair = nights.settings(postgres)
    publish_to_postgres(pair[0])
    with postgres.connect("bi_reader") as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select 1")  # its snapshot is older than every night to come; it holds no lock
        kept = [publish_to_postgres(pair[number % 2]).kept for number in (1, 2, 3, 4)]
        assert kept == [1, 2, 3, 4]
        old = {
            name: sorted(connection.execute(f'select * from marts."{name}"'.encode()).fetchall(), key=repr)
            for name in duckdb_rows(pair[0])
        }
    assert old == duckdb_rows(pair[0])
    # once it has ended, the next publish drops them all
    assert publish_to_postgres(pair[1]).kept == 1
    assert len(schemas(postgres)) == 2


def test_a_reader_that_holds_the_old_night_delays_nobody(postgres: Postgres, nights: Nights) -> None:
    pair = nights.settings(postgres)
    publish_to_postgres(pair[0])
    with postgres.connect("bi_reader") as connection:
        connection.execute("begin")
        connection.execute("select count(*) from indicator_values")  # its lock stays until the transaction ends
        for number in (1, 2, 3):
            assert publish_to_postgres(pair[number % 2]).changed
        connection.execute("commit")
    assert publish_to_postgres(pair[1]).kept == 1
    assert len(schemas(postgres)) == 2


def test_columns_may_change_while_dashboards_ask(postgres: Postgres, tmp_path: Path) -> None:
    """A new release: readers wait a moment and then see the new columns; no plan or prepared statement breaks."""
    settings = postgres.settings(home=tmp_path)

    def night(number: int) -> None:
        extra = ", ".join(f"{number} as column_{place}" for place in range(number % 3))
        columns = f"{number} as night{', ' if extra else ''}{extra}"
        tables = [f"create table marts.{name} as select {columns} from range(100)" for name in ("fct_a", "fct_b")]
        publish_file(settings, *tables)

    def ask(connection: psycopg.Connection[Any]) -> Answer:
        query = "select min(night), max(night), count(*) from {}"
        both = " union all ".join(query.format(name) for name in ("fct_a", "fct_b"))
        first, second = connection.execute(both.encode()).fetchall()
        return (*map(int, first), *map(int, second))

    night(0)
    publish_to_postgres(settings)
    begun: list[int] = []
    pollers = [Poller(postgres, ask, {"prepare_threshold": 1}), Poller(postgres, ask, {"prepare_threshold": None})]
    with polled(pollers, begun):
        for number in range(1, 7):
            night(number)
            begun.append(number)
            publish_to_postgres(settings)
    for poller in pollers:
        assert poller.errors == []
        assert {answer for _, answer in poller.answers} == {(n, n, 100, n, n, 100) for n in range(7)}
    assert postgres.rows("select attname from pg_attribute where attrelid = 'fct_a'::regclass and attnum > 0") == [
        ("night",)
    ]


def test_a_mart_that_is_no_more_is_not_shown_any_more_and_a_new_one_can_be_read(
    postgres: Postgres, tmp_path: Path
) -> None:
    settings = postgres.settings(home=tmp_path)
    publish_file(settings, "create table marts.old as select 1 as id")
    publish_to_postgres(settings)
    publish_file(settings, "create table marts.new as select 2 as id")
    publish_to_postgres(settings)
    assert postgres.rows("select * from new") == [(2,)]
    with pytest.raises(psycopg.errors.UndefinedTable):
        postgres.rows("select * from old")
