"""The nights that PostgreSQL holds: which one is shown, which were never finished, which nobody can see any more."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hrtp.bi.connect import OWNER
from hrtp.steps import step

if TYPE_CHECKING:
    from hrtp.bi.connect import Connection

log = logging.getLogger("hrtp.bi")

#: How often a lock that readers hold is asked for, and how long a later reader may have to wait behind us each time:
#: far less than the second after which PostgreSQL looks for two that wait for each other, and ends one.
_TRIES = 6
_LOCK_MS = 50
_PAUSE_SECONDS = 0.1
#: No reader can hold what was never shown: only statements of the publisher that was killed, which the server ends
#: within five seconds (``client_connection_check_interval``).
_SWEEP_TRIES = 60


@dataclass(frozen=True)
class Night:
    """A night as recorded: what it holds, and of which rows."""

    number: int
    content_id: str
    layout: str
    marts: dict[str, int]

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return schema_of(self.number)


def schema_of(number: int) -> str:
    """Name of the schema of a night's tables."""
    return f"marts_night_{number}"


def shown_night(connection: Connection) -> Night | None:
    """The night that readers see; None before the first."""
    row = connection.execute(
        "select night_id, content_id, layout, marts from marts_nights.nights join marts_nights.shown using (night_id)"
    ).fetchone()
    return Night(*row) if row else None


def is_whole(connection: Connection, night: Night) -> bool:
    """Whether readers may read all rows of ``night``: every mart of it, and no other."""
    rows = connection.execute(
        "select relname, has_table_privilege('bi_reader', oid, 'select') from pg_class "
        "where relnamespace = 'marts'::regnamespace and relname <> 'published_night'"
    ).fetchall()
    views = {str(name): bool(may_read) for name, may_read in rows}
    return (
        all(views.values())
        and set(views) == set(night.marts)
        and all(_count(connection, f'marts."{name}"') == rows for name, rows in night.marts.items())
    )


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def open_night(
    connection: Connection, content_id: str, layout: str, as_of: date | None, marts: dict[str, int]
) -> Night:
    """Record that a night is being loaded, and make its empty schema."""
    from psycopg.types.json import Jsonb

    with connection.transaction():
        row = connection.execute(
            "insert into marts_nights.nights (content_id, layout, as_of_date, marts) values (%s, %s, %s, %s) "
            "returning night_id",
            (content_id, layout, as_of, Jsonb(marts)),
        ).fetchone()
        assert row is not None
        night = Night(int(row[0]), content_id, layout, marts)
        connection.execute(f"create schema {night.schema}".encode())
    return night


def sweep(connection: Connection) -> int:
    """Remove what publishers that were killed left behind; the number of schemas."""
    known = {
        schema_of(number)
        for (number,) in connection.execute(
            "select night_id from marts_nights.nights where shown_at is not null"
        ).fetchall()
    }
    left = [name for name in _schemas(connection) if name not in known]
    for schema in left:
        log.warning("bi: schema %s of a publisher that did not come to its end is removed", schema)
        _drop(connection, schema, _SWEEP_TRIES)
    connection.execute("delete from marts_nights.nights where shown_at is null")
    return len(left)


def drop_unseen(connection: Connection, keep: Collection[str]) -> int:
    """Drop nights that nobody can see any more; the number of nights that are kept besides the one that is shown.

    The one before is kept until the next publish, if ``keep`` has its content: what the files do not keep any more,
    because a person was forgotten or the key was changed, is not kept here either. Any other goes unless a transaction
    that began before it was replaced is still open, or a reader holds its tables: then it waits for the next publish.
    """
    replaced = connection.execute(
        "select night_id, content_id, replaced_xid::text from marts_nights.nights "
        "where shown_at is not null and replaced_xid is not null order by shown_at desc, night_id desc"
    ).fetchall()
    kept = 0
    for place, (number, content_id, replaced_xid) in enumerate(replaced):
        if (place == 0 and content_id in keep) or _is_seen(connection, replaced_xid):
            kept += 1
            continue
        if not _drop(connection, schema_of(number)):
            kept += len(replaced) - place
            break
        connection.execute("delete from marts_nights.nights where night_id = %s", (number,))
    _drop_empty_parents(connection)
    step("bi.old_nights_dropped")
    return kept


def _is_seen(connection: Connection, replaced_xid: str) -> bool:
    """Whether a transaction is open whose snapshot is older than the swap that replaced a night."""
    row = connection.execute(
        "select count(*) from pg_stat_activity where pid <> pg_backend_pid() and backend_xmin is not null "
        "and datname = current_database() "
        "and age(backend_xmin) >= age(((%s::xid8)::text::numeric %% 4294967296)::text::xid)",
        (replaced_xid,),
    ).fetchone()
    return row is None or row[0] > 0


def _schemas(connection: Connection) -> list[str]:
    rows = connection.execute(
        "select nspname from pg_namespace where nspname ~ '^marts_night_[0-9]+$' "
        "and pg_get_userbyid(nspowner) = %s order by 1",
        (OWNER,),
    ).fetchall()
    return [name for (name,) in rows]


def _drop(connection: Connection, schema: str, tries: int = _TRIES) -> bool:
    """Detach and drop the tables of a night, one by one; False where readers would not let go of one of them."""
    tables = connection.execute(
        "select c.relname, p.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent "
        "where n.nspname = %s and c.relkind = 'r' order by 1",
        (schema,),
    ).fetchall()
    for table, parent in tables:
        locks = [f'{schema}."{table}"']
        statements = [f'drop table {schema}."{table}"']
        if parent is not None:
            # the parent first, as a reader does
            locks.insert(0, f'only marts_nights."{parent}"')
            statements.insert(0, f'alter table marts_nights."{parent}" detach partition {schema}."{table}"')
        if not _run_soon(connection, locks, statements, tries):
            return False
    return _run_soon(connection, [], [f"drop schema if exists {schema} cascade"], tries)


def _run_soon(connection: Connection, locks: list[str], statements: list[str], tries: int = _TRIES) -> bool:
    """Run ``statements`` under exclusive ``locks``; False where readers would not let go of one of them."""
    import psycopg

    for _ in range(tries):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = {_LOCK_MS}".encode())
                for table in locks:
                    connection.execute(f"lock table {table} in access exclusive mode".encode())
                for statement in statements:
                    connection.execute(statement.encode())
            return True
        except psycopg.errors.LockNotAvailable:
            time.sleep(_PAUSE_SECONDS)
    return False


def _drop_empty_parents(connection: Connection) -> None:
    """Tables of a layout that no night has any more."""
    rows = connection.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = 'marts_nights' and c.relkind = 'p' "
        "and not exists (select from pg_inherits i where i.inhparent = c.oid) "
        "and not exists (select from pg_depend d where d.refobjid = c.oid and d.classid = 'pg_rewrite'::regclass)"
    ).fetchall()
    for (name,) in rows:
        _run_soon(connection, [f'only marts_nights."{name}"'], [f'drop table marts_nights."{name}"'])
