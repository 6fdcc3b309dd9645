"""The tables and views of a night: made and filled by COPY, attached, shown; and what builds its keys and indexes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hrtp.bi.errors import BiPublishFailed
from hrtp.bi.layout import Mart
from hrtp.bi.nights import Night
from hrtp.steps import step

if TYPE_CHECKING:
    import duckdb
    from psycopg.sql import Composed

    from hrtp.bi.connect import Connection

#: Rows that travel in one Arrow batch.
BATCH_ROWS = 50_000
#: A change of columns needs every view for a moment; readers wait no longer than this for one try, and then go on.
VIEW_LOCK_MS = 300
VIEW_PATIENCE_SECONDS = 300.0
_PUBLISHED_NIGHT = "published_night"


def copy_mart(source: duckdb.DuckDBPyConnection, cursor: Any, night: Night, mart: Mart) -> None:
    """Make the table of a mart and fill it by COPY BINARY, in one transaction of the connection of ``cursor``.

    In one, because a server whose ``wal_level`` is minimal then writes the rows once and not twice. What is said of
    the columns here is known of each row as it comes in, and costs no later look at all of them: those of the key are
    not null, and the number of the night, a default that no row brings, is this one.
    """
    not_null = () if mart.has_null_key else mart.key
    columns = ", ".join(
        f'"{column.name}" {column.type}{" not null" if column.name in not_null else ""}' for column in mart.columns
    )
    number = f"night_id integer not null default {night.number} check (night_id = {night.number})"
    cursor.execute(f"create table {_table(night, mart)} ({columns}, {number})")
    names = ", ".join(f'"{column.name}"' for column in mart.columns)
    batches = source.execute(f'select {names} from published.marts."{mart.name}"').to_arrow_reader(BATCH_ROWS)
    cursor.adbc_ingest(mart.name, batches, mode="append", db_schema_name=night.schema)
    cursor.connection.commit()


def build_statements(night: Night, mart: Mart) -> list[str]:
    """What makes the indexes of a mart that is copied: in any order, and side by side."""
    table = _table(night, mart)
    statements = []
    if mart.key:
        nulls = " nulls not distinct" if mart.has_null_key else ""
        statements.append(f'create unique index "{_key_name(mart)}" on {table} ({_quoted(mart.key)}){nulls}')
    return statements + [f"create index on {table} ({_quoted(index)})" for index in mart.indexes]


def count_statement(night: Night, mart: Mart) -> str:
    """What counts the rows of a mart that is copied."""
    return f"select count(*) from {_table(night, mart)}"


def seal_statement(night: Night, mart: Mart) -> str:
    """What makes the unique index of a mart its key, and the planner know its rows; when the indexes are there."""
    table = _table(night, mart)
    kind = "unique" if mart.has_null_key else "primary key"
    key = f'alter table {table} add {kind} using index "{_key_name(mart)}"; ' if mart.key else ""
    return f"{key}analyze {table}"


def _table(night: Night, mart: Mart) -> str:
    return f'{night.schema}."{mart.name}"'


def _key_name(mart: Mart) -> str:
    """Shorter than the name of the mart's parent, so PostgreSQL does not cut it."""
    return f"{mart.name}__key"


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def attach(connection: Connection, night: Night, marts: Iterable[Mart]) -> None:
    """Make the night's tables partitions; readers neither wait nor see anything of it."""
    for mart in marts:
        columns = ", ".join(f'"{column.name}" {column.type}' for column in mart.columns)
        connection.execute(
            f'create table if not exists marts_nights."{mart.parent}" ({columns}, night_id integer not null) '
            "partition by list (night_id)".encode()
        )
        connection.execute(
            f'alter table marts_nights."{mart.parent}" attach partition {night.schema}."{mart.name}" '
            f"for values in ({night.number})".encode()
        )
        step("bi.mart_attached")


def show(connection: Connection, night: Night, marts: list[Mart]) -> None:
    """The swap, in one transaction: one row says which night is shown. Views change only where columns did.

    Raises:
        BiPublishFailed: where the night was swept away meanwhile, or readers did not let go of the views for long.
    """
    import psycopg

    changed = _changed_views(connection, marts)
    deadline = time.monotonic() + VIEW_PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                if changed:
                    connection.execute(f"set local lock_timeout = {VIEW_LOCK_MS}".encode())
                    _make_views(connection, marts)
                _grant(connection, marts)
                _describe(connection, marts)
                _turn(connection, night)
                step("bi.before_swap")
            return
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise BiPublishFailed(
                    "the columns of the marts have changed, and a session has held the views for five minutes: end "
                    "the session that is idle in a transaction. Dashboards keep the night before; then run "
                    "`hrtp bi publish`"
                ) from None
        # longer than what made us wait, and never in step with it
        time.sleep(random.uniform(0.2, 1.0))  # noqa: S311


def _turn(connection: Connection, night: Night) -> None:
    turned = connection.execute(
        "update marts_nights.nights set shown_at = clock_timestamp() where night_id = %s and shown_at is null",
        (night.number,),
    ).rowcount
    if turned != 1:
        raise BiPublishFailed("another publisher took this one for dead and removed its night; run `hrtp bi publish`")
    connection.execute(
        "update marts_nights.nights set replaced_xid = pg_current_xact_id() "
        "where night_id in (select night_id from marts_nights.shown)"
    )
    connection.execute(
        "insert into marts_nights.shown (night_id) values (%s) on conflict (only_row) do update set night_id = "
        "excluded.night_id",
        (night.number,),
    )


def _changed_views(connection: Connection, marts: list[Mart]) -> bool:
    """Whether schema ``marts`` is not exactly the views that these marts want."""
    rows = connection.execute(
        "select v.relname, t.relname from pg_class v join pg_namespace n on n.oid = v.relnamespace "
        "left join pg_rewrite r on r.ev_class = v.oid "
        "left join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass "
        "and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid "
        "left join pg_class t on t.oid = d.refobjid and t.relkind = 'p' "
        "where n.nspname = 'marts' and v.relname <> %s",
        (_PUBLISHED_NIGHT,),
    ).fetchall()
    standing = {view for view, _ in rows}
    return standing != {mart.name for mart in marts} or {
        (view, parent) for view, parent in rows if parent is not None
    } != {(mart.name, mart.parent) for mart in marts}


def _make_views(connection: Connection, marts: list[Mart]) -> None:
    """All views anew: whoever is in the middle of reading some of them is waited for, a moment."""
    standing = connection.execute(
        "select viewname from pg_views where schemaname = 'marts' and viewname <> %s order by 1", (_PUBLISHED_NIGHT,)
    ).fetchall()
    for (name,) in standing:
        connection.execute(f'drop view marts."{name}"'.encode())
    for mart in marts:
        names = ", ".join(f'"{column.name}"' for column in mart.columns)
        connection.execute(
            f'create view marts."{mart.name}" as select {names} from marts_nights."{mart.parent}" '
            "where night_id = (select night_id from marts_nights.shown)".encode()
        )


def _grant(connection: Connection, marts: Iterable[Mart]) -> None:
    """What is new is not readable by itself."""
    for mart in marts:
        row = connection.execute(
            "select has_table_privilege('bi_reader', %s, 'select')", (f'marts."{mart.name}"',)
        ).fetchone()
        if row != (True,):
            connection.execute(f'grant select on marts."{mart.name}" to bi_reader'.encode())


def _describe(connection: Connection, marts: Iterable[Mart]) -> None:
    """Comments, where they are not yet what they must be."""
    rows = connection.execute(
        "select c.relname, a.attname, coalesce(col_description(c.oid, a.attnum), ''), "
        "coalesce(obj_description(c.oid, 'pg_class'), '') from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 "
        "where n.nspname = 'marts'"
    ).fetchall()
    columns = {(view, column): text for view, column, text, _ in rows}
    views = {view: text for view, _, _, text in rows}
    for mart in marts:
        if views.get(mart.name) != (mart.comment or ""):
            connection.execute(_comment("view", [mart.name], mart.comment))
        for column in mart.columns:
            if columns.get((mart.name, column.name)) != (column.comment or ""):
                connection.execute(_comment("column", [mart.name, column.name], column.comment))


def _comment(kind: str, names: list[str], text: str | None) -> Composed:
    from psycopg.sql import SQL, Identifier, Literal

    return SQL(f"comment on {kind} {{}} is {{}}").format(Identifier("marts", *names), Literal(text))
