"""Loading a night: the marts one after another by COPY, and behind each its key, indexes, count and statistics.

The connections that build and count work while the next mart is copied, and two of them on one mart: a night's time is
that of its rows, and what is left is the last mart's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from hrtp.bi.connect import bulk_connected, loading_connected
from hrtp.bi.errors import BiPublishFailed
from hrtp.bi.layout import Mart
from hrtp.bi.nights import Night
from hrtp.bi.tables import build_statements, copy_mart, count_statement, seal_statement
from hrtp.steps import step

if TYPE_CHECKING:
    import duckdb

    from hrtp.bi.connect import Connection

#: Connections that build and count, besides the one that copies.
HANDS = 2
#: Runs a statement by one of them, by and by; the result is the number that it selects, 0 where it selects none.
Hand = Callable[[str], "Future[int]"]


@dataclass
class _Behind:
    """A mart whose rows are there: what is being done to it, and then its ``seal``, with its rows as counted."""

    mart: Mart
    builds: list[Future[int]]
    count: Future[int]
    seal: Future[int] | None = None

    def go_on(self, hand: Hand, night: Night) -> None:
        """The seal, as soon as the rest is done."""
        if self.seal is None and all(work.done() for work in self.builds):
            self._seal(hand, night)

    def end(self, hand: Hand, night: Night) -> None:
        """Wait until all is built; the seal is under way then."""
        if self.seal is None:
            self._seal(hand, night)

    def _seal(self, hand: Hand, night: Night) -> None:
        for work in self.builds:
            work.result()
        self.seal = hand(seal_statement(night, self.mart))


def load(dsn: str, source: duckdb.DuckDBPyConnection, night: Night, marts: list[Mart]) -> None:
    """Fill the schema of ``night``, which is there and empty; nobody sees it yet.

    The largest mart comes first, so that none is left to be waited for alone at the end.

    Raises:
        BiPublishFailed: where the rows in the tables are not as many as the night has.
    """
    behind: list[_Behind] = []
    with bulk_connected(dsn) as cursor, _hands(dsn) as hand:
        for mart in sorted(marts, key=lambda mart: -night.marts[mart.name]):
            copy_mart(source, cursor, night, mart)
            step("bi.mart_copied")
            builds = [hand(statement) for statement in build_statements(night, mart)]
            behind.append(_Behind(mart, builds, hand(count_statement(night, mart))))
            for one in behind:
                one.go_on(hand, night)
        for one in behind:
            one.end(hand, night)
        for one in behind:
            assert one.seal is not None
            one.seal.result()
        found = {one.mart.name: one.count.result() for one in behind}
    wrong = [f"{name}: {found[name]} of {rows} rows" for name, rows in night.marts.items() if found[name] != rows]
    if wrong:
        raise BiPublishFailed(f"not every row arrived ({', '.join(wrong)}); run `hrtp bi publish` again")
    step("bi.copied")


@contextmanager
def _hands(dsn: str) -> Iterator[Hand]:
    """Connections that work beside ours; where the block fails they are told to stop, and none outlives it."""
    import psycopg

    with ExitStack() as stack:
        connections = [stack.enter_context(loading_connected(dsn)) for _ in range(HANDS)]
        idle: SimpleQueue[Connection] = SimpleQueue()
        for connection in connections:
            idle.put(connection)

        def run(statement: str) -> int:
            connection = idle.get()
            try:
                cursor = connection.execute(statement.encode())
                row = cursor.fetchone() if cursor.description else None
                return int(row[0]) if row else 0
            finally:
                idle.put(connection)

        pool = ThreadPoolExecutor(HANDS, thread_name_prefix="hrtp-bi")
        try:
            yield lambda statement: pool.submit(run, statement)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for connection in connections:
                with suppress(psycopg.Error):  # its server is gone, and what it did with it
                    connection.cancel()
            raise
        finally:
            pool.shutdown()
