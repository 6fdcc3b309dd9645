"""The tables and views of a night: made, filled by COPY, keyed, attached, shown."""

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


def copy_mart(source: duckdb.DuckDBPyConnection, cursor: Any, connection: Connection, night: Night, mart: Mart) -> None:
    """Make the table of a mart and fill it by COPY BINARY; then its key, its indexes and its statistics.

    The number of the night comes last, as a default that costs a row nothing.
    """
    columns = ", ".join(f'"{column.name}" {column.type}' for column in mart.columns)
    table = f'{night.schema}."{mart.name}"'
    connection.execute(f"create table {table} ({columns})".encode())
    names = ", ".join(f'"{column.name}"' for column in mart.columns)
    batches = source.execute(f'select {names} from published.marts."{mart.name}"').to_arrow_reader(BATCH_ROWS)
    cursor.adbc_ingest(mart.name, batches, mode="append", db_schema_name=night.schema)
    statements = [f"alter table {table} add column night_id integer not null default {night.number}"]
    if mart.key:
        key = ", ".join(f'"{name}"' for name in mart.key)
        kind = f"unique nulls not distinct ({key})" if mart.has_null_key else f"primary key ({key})"
        statements.append(f"alter table {table} add {kind}")
    for index in mart.indexes:
        fields = ", ".join(f'"{name}"' for name in index)
        statements.append(f"create index on {table} ({fields})")
    statements.append(f"analyze {table}")
    for statement in statements:
        connection.execute(statement.encode())
    step("bi.mart_copied")


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
