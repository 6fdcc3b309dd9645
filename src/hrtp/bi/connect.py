"""Connections to PostgreSQL: as the owner of the marts, alive or told so soon, and never in clear over a network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hrtp.errors import SettingsError
from hrtp.locks import BusyError
from hrtp.settings import Settings, is_this_machine
from hrtp.steps import step

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

OWNER = "marts_owner"
CONNECT_SECONDS = 10
#: How long another publisher is waited for; less than the time limit of a task.
BUSY_SECONDS = 600.0
_POLL_SECONDS = 0.2
#: The server notices within a minute that we are gone, and we that it is.
_ALIVE = {"keepalives_idle": "20", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "60000"}
#: Name under which our sessions stand in pg_stat_activity.
APPLICATION = "hrtp_publish"
#: A server's own time limits are for readers.
_SESSION = (
    f"set role {OWNER}",
    "set timezone = 'UTC'",
    "set client_connection_check_interval = '5s'",
    "set statement_timeout = 0",
    "set idle_in_transaction_session_timeout = 0",
)
#: Sessions that load a night which nobody sees. A commit of theirs does not wait for the disk: the log is written in
#: order, so the swap, whose commit does wait, takes all before it to the disk, and a server that fails before the swap
#: loses only what the next publish begins anew. The memory holds the keys of a million rows while they are sorted.
_LOADING = (
    *_SESSION,
    "set synchronous_commit = off",
    "set maintenance_work_mem = '256MB'",
)


def dsn_of(settings: Settings) -> str:
    """The connection string, with what keeps a connection alive.

    Raises:
        SettingsError: where none is set, it cannot be read, or it would cross a network in clear by accident. It is
            not shown: it may hold the password.
    """
    if settings.postgres_dsn is None:
        raise SettingsError("HRTP_POSTGRES_DSN is not set: there is no PostgreSQL to publish to")
    return safe_dsn(settings.postgres_dsn.get_secret_value(), "HRTP_POSTGRES_DSN")


def safe_dsn(text: str, name: str) -> str:
    """``text`` with time limits and keepalives added; ``name`` is the setting that it comes from."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        parts = conninfo_to_dict(text)
    except ProgrammingError:
        raise SettingsError(
            f"{name} is no connection string of PostgreSQL (it is not shown, it may hold a password); write it as "
            "postgresql://user:password@host:5432/database?sslmode=verify-full"
        ) from None
    hosts = str(parts.get("host") or parts.get("hostaddr") or "").split(",")
    if "sslmode" not in parts and not all(_is_near(host) for host in hosts):
        raise SettingsError(
            f"{name} must say sslmode, because the marts leave this machine: verify-full where the server has a "
            "certificate, disable only inside a private network"
        )
    given = {key: str(value) for key, value in parts.items() if value is not None}
    return make_conninfo(**{"connect_timeout": str(CONNECT_SECONDS), "application_name": APPLICATION} | _ALIVE | given)


def _is_near(host: str) -> bool:
    return not host or host.startswith(("/", "@")) or is_this_machine(host)


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """A connection as the owner of the marts, in autocommit."""
    with _session(dsn, _SESSION) as connection:
        yield connection


@contextmanager
def loading_connected(dsn: str) -> Iterator[Connection]:
    """The same for work on a night that nobody sees yet."""
    with _session(dsn, _LOADING) as connection:
        yield connection


@contextmanager
def _session(dsn: str, statements: tuple[str, ...]) -> Iterator[Connection]:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection


@contextmanager
def bulk_connected(dsn: str) -> Iterator[Any]:
    """A cursor of ADBC as the owner of the marts, for a night that nobody sees yet; whoever uses it commits."""
    from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped] # it brings no types

    with dbapi.connect(dsn) as connection, connection.cursor() as cursor:
        for statement in _LOADING:
            cursor.execute(statement)
        connection.commit()
        yield cursor


@contextmanager
def one_publisher(dsn: str) -> Iterator[None]:
    """Be the only publisher while the block runs, of all that publish to this database from any machine.

    The lock is one on a table and not an advisory one, which every login could take. It ends with its connection.

    Raises:
        BusyError: where another one is still at it after ``BUSY_SECONDS``; nothing was done.
    """
    with connected(dsn) as connection:
        _lock(connection)
        step("bi.locked")
        yield
        connection.rollback()


def _lock(connection: Connection) -> None:
    import psycopg

    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        connection.execute("begin")
        try:
            connection.execute("lock table marts_nights.publishing in exclusive mode nowait")
            return
        except psycopg.errors.LockNotAvailable:
            connection.execute("rollback")
        if time.monotonic() > deadline:
            raise BusyError(
                "another publisher to PostgreSQL is still running (hrtp_publish in pg_stat_activity). Let it end, or "
                "end it if it hangs, and run this again; nothing was done here"
            )
        time.sleep(_POLL_SECONDS)
