"""Roles, schemas and grants, made once by an administrator; running it again changes nothing that is right.

Who may do what:

- ``marts_owner`` owns everything and cannot log in.
- ``bi_publisher`` logs in for `hrtp publish` and acts as the owner.
- ``bi_reader`` logs in for BI tools: it reads the views of schema ``marts``, and that is all.

Passwords are never in a statement: a verifier is computed here and only that goes to the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hrtp.bi.connect import OWNER, safe_dsn
from hrtp.bi.errors import BiPublishFailed, told_plainly
from hrtp.errors import SettingsError
from hrtp.settings import Settings

if TYPE_CHECKING:
    from hrtp.bi.connect import Connection

PUBLISHER, READER = "bi_publisher", "bi_reader"
#: Unique constraints that take nulls for equal came with it.
LEAST_VERSION = 150000
#: A query that runs longer is a mistake or belongs on the files; so does a transaction that somebody left open.
STATEMENT_TIMEOUT = "5min"
IDLE_TIMEOUT = "5min"
READER_CONNECTIONS = 60
#: Functions that every login may call and that write, or hold what others wait for.
_WRITING_FUNCTIONS = (
    "lo_creat(integer)",
    "lo_create(oid)",
    "lo_from_bytea(oid, bytea)",
    "lo_open(oid, integer)",
    "lo_put(oid, bigint, bytea)",
    "lo_truncate(integer, integer)",
    "lo_truncate64(integer, bigint)",
    "lo_unlink(oid)",
    "lowrite(integer, bytea)",
)


def set_up(settings: Settings) -> list[str]:
    """Make roles, schemas and grants in the database that ``HRTP_POSTGRES_ADMIN_DSN`` names.

    Returns:
        What is still to be done by hand, a sentence each: passwords, other databases that are open to every login.

    Raises:
        SettingsError: where no administrator's connection is named.
        BiPublishFailed: where PostgreSQL refuses; nothing was changed.
    """
    if settings.postgres_admin_dsn is None:
        raise SettingsError(
            "HRTP_POSTGRES_ADMIN_DSN is not set: name an administrator's connection to the database for BI, or run "
            "`hrtp bi setup --print` and give the statements to whoever administers it"
        )
    dsn = safe_dsn(settings.postgres_admin_dsn.get_secret_value(), "HRTP_POSTGRES_ADMIN_DSN")
    import psycopg

    with told_plainly(), psycopg.connect(dsn) as connection:
        if connection.info.server_version < LEAST_VERSION:
            raise BiPublishFailed("PostgreSQL 15 or newer is needed; nothing was changed")
        for statement in setup_statements(_database(connection)):
            connection.execute(statement.encode())
        left = []
        for role, password in ((PUBLISHER, settings.bi_publisher_password), (READER, settings.bi_reader_password)):
            if password is not None:
                _set_password(connection, role, password.get_secret_value())
            elif not _has_password(connection, role):
                left.append(f"{role} has no password and cannot log in: `\\password {role}` in psql sets one")
        connection.commit()
        left += _open_databases(connection)
    return left


def setup_sql() -> str:
    """The same as one script for psql, run in the database for BI as its administrator."""
    body = ";\n".join(setup_statements(':"DBNAME"'))
    return (
        "-- roles, schemas and grants of the marts; run in the database for BI as an administrator:\n"
        "--   psql --set ON_ERROR_STOP=1 --single-transaction --file THIS_FILE DATABASE\n"
        f"-- then set the passwords: \\password {PUBLISHER} and \\password {READER}\n"
        f"{body};\n"
    )


def setup_statements(database: str) -> list[str]:
    """The statements, for a database whose quoted name is ``database``."""
    functions = ", ".join(f"pg_catalog.{function}" for function in _WRITING_FUNCTIONS)
    plain = "nosuperuser nocreatedb nocreaterole noreplication nobypassrls"
    return [
        _role(OWNER, f"nologin noinherit {plain}"),
        _role(PUBLISHER, f"login noinherit {plain}"),
        _role(READER, f"login noinherit connection limit {READER_CONNECTIONS} {plain}"),
        f"grant {OWNER} to {PUBLISHER}",
        f"revoke {OWNER} from {READER}",
        f"alter role {READER} in database {database} set default_transaction_read_only = on",
        f"alter role {READER} in database {database} set statement_timeout = '{STATEMENT_TIMEOUT}'",
        f"alter role {READER} in database {database} set idle_in_transaction_session_timeout = '{IDLE_TIMEOUT}'",
        f"alter role {READER} in database {database} set search_path = marts",
        f"revoke all on database {database} from public",
        f"revoke all on database {database} from {READER}",
        f"grant connect on database {database} to {PUBLISHER}, {READER}",
        f"grant connect, create on database {database} to {OWNER}",
        "revoke all on schema public from public",
        f"revoke execute on function {functions} from public",
        f"create schema if not exists marts authorization {OWNER}",
        f"create schema if not exists marts_nights authorization {OWNER}",
        f"grant usage on schema marts to {READER}",
        f"set local role {OWNER}",
        *_BOOKS,
        f"grant select on marts.published_night to {READER}",
        "reset role",
    ]


def _role(name: str, options: str) -> str:
    return (
        f"do $$ begin if not exists (select from pg_roles where rolname = '{name}') then create role {name}; end if; "
        f"end $$;\nalter role {name} {options}"
    )


#: The publisher's own books, and the one of them that readers see.
_BOOKS = (
    "create table if not exists marts_nights.publishing ()",
    "create table if not exists marts_nights.nights ("
    "night_id integer generated always as identity primary key, content_id text not null, layout text not null, "
    "as_of_date date, marts jsonb not null, begun_at timestamptz not null default clock_timestamp(), "
    "shown_at timestamptz, replaced_xid xid8)",
    "create table if not exists marts_nights.shown ("
    "only_row boolean primary key default true check (only_row), "
    "night_id integer not null references marts_nights.nights)",
    "create or replace view marts.published_night as select n.content_id, n.as_of_date, n.shown_at as published_at, "
    "(select sum(rows::bigint)::bigint from jsonb_each_text(n.marts) as counted (mart, rows)) as n_rows "
    "from marts_nights.nights as n join marts_nights.shown using (night_id)",
    "comment on view marts.published_night is 'The night that all tables of this schema show, one row. Two queries "
    "that found the same content_id have read the same night.'",
    "comment on column marts.published_night.content_id is 'Names the rows of the night: same id, same rows.'",
    "comment on column marts.published_night.as_of_date is 'The day that the figures speak of.'",
    "comment on column marts.published_night.published_at is 'Since when PostgreSQL shows it.'",
    "comment on column marts.published_night.n_rows is 'Rows of all tables together.'",
)


def _database(connection: Connection) -> str:
    from psycopg.sql import Identifier

    return Identifier(connection.info.dbname).as_string(connection)


def _set_password(connection: Connection, role: str, password: str) -> None:
    from psycopg.sql import SQL, Identifier, Literal

    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(SQL("alter role {} password {}").format(Identifier(role), Literal(verifier)))


def _has_password(connection: Connection, role: str) -> bool:
    row = connection.execute("select rolpassword is not null from pg_authid where rolname = %s", (role,)).fetchone()
    return bool(row and row[0])


def _open_databases(connection: Connection) -> list[str]:
    rows = connection.execute(
        "select quote_ident(datname) from pg_database where datname <> current_database() and datallowconn "
        "and has_database_privilege(%s, oid, 'connect') order by 1",
        (READER,),
    ).fetchall()
    return [
        f"{READER} can also log in to database {name}, as every login can: `revoke connect on database {name} from "
        "public` closes it"
        for (name,) in rows
    ]
