"""bi_reader reads the marts, and whatever else it tries is refused; so is everybody who is nobody."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hrtp.bi import publish_to_postgres, set_up, setup_sql
from hrtp.errors import SettingsError
from tests.bi.world import Nights
from tests.postgres import Postgres


@pytest.fixture(scope="module")
def shown(server: Postgres, nights: Nights) -> Postgres:
    """A database that has shown two nights; the reader has dared to unset every setting that it may."""
    found = server.another("bi_grants")
    for settings in nights.settings(found):
        publish_to_postgres(settings)
    with found.connect("admin") as connection:
        connection.execute("create table public.of_another_owner as select 1 as id")
        connection.execute("create schema of_another_owner create table secrets (id integer)")
    return found


#: Everything that somebody might try, by what it would be good for.
TRIES = {
    "write": [
        "insert into marts.dim_sector select * from marts.dim_sector",
        "update marts.dim_sector set name = 'x'",
        "delete from marts.fct_services",
        "truncate marts_nights.nights",
        "update marts_nights.shown set night_id = 1",
        "copy marts.dim_sector from stdin",
        "select * from marts.dim_sector for update",
    ],
    "make": [
        "create table marts.x (id int)",
        "create table public.x (id int)",
        "create temporary table x (id int)",
        "create temporary view x as select 1",
        "select 1 into x",
        "create view marts.x as select 1",
        "create schema x",
        "create function marts.x() returns int language sql as 'select 1'",
        "create function pg_temp.x() returns int language sql as 'select 1'",
        "create type marts.x as enum ('a')",
        "create sequence marts.x",
        "create extension dblink",
        "create database x",
        "create role x",
        "create event trigger x on ddl_command_end execute function x()",
        "create publication x for all tables",
    ],
    "change": [
        "drop view marts.dim_sector",
        "drop schema marts cascade",
        "alter view marts.dim_sector rename to x",
        "alter schema marts rename to x",
        "comment on view marts.dim_sector is 'x'",
        "alter role bi_reader superuser",
        "alter role bi_reader bypassrls",
        "alter role bi_publisher password 'x'",
        "alter role bi_reader connection limit -1",
        "alter system set log_statement = 'none'",
        "alter database {database} set search_path = public",
        "alter default privileges for role marts_owner grant all on tables to public",
        "begin; lock table marts.dim_sector in access exclusive mode",
        "begin; lock table marts_nights.publishing in exclusive mode",
        "vacuum full marts_nights.nights",
        "do $$ begin perform lo_create(0); end $$",
    ],
    "become": [
        "set role marts_owner",
        "set role bi_publisher",
        "set role admin",
        "set session authorization admin",
        "grant marts_owner to bi_reader",
        "reassign owned by marts_owner to bi_reader",
    ],
    "see": [
        "select * from marts_nights.nights",
        "select * from marts_nights.shown",
        "select * from marts_night_1.fct_services",
        "select * from marts_night_2.fct_services",
        "select * from public.of_another_owner",
        "select * from of_another_owner.secrets",
        "select * from pg_authid",
        "select passwd from pg_shadow",
        "select * from pg_largeobject",
        "select * from pg_hba_file_rules",
        "select * from pg_user_mapping",
        "select pg_read_file('postgresql.conf')",
        "select pg_read_binary_file('PG_VERSION')",
        "select * from pg_ls_dir('.')",
        "select * from pg_ls_logdir()",
        "select * from pg_stat_file('PG_VERSION')",
        "select pg_current_logfile()",
        "copy marts.dim_sector to '/tmp/x'",
        "copy marts.dim_sector to program 'cat'",
        "copy (select 1) to program 'cat'",
    ],
    "keep": [
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, 'x')",
        "select lo_put(1, 0, 'x')",
        "select lo_import('/etc/passwd')",
        "select lo_export(1, '/tmp/x')",
        "select lo_unlink(1)",
        "select lowrite(0, 'x')",
    ],
    "stop": [
        "select pg_reload_conf()",
        "select pg_rotate_logfile()",
        "select pg_switch_wal()",
        "select pg_create_restore_point('x')",
        "select pg_promote()",
        "checkpoint",
        "select pg_create_physical_replication_slot('x')",
        "select pg_create_logical_replication_slot('x', 'test_decoding')",
        "select pg_stat_reset()",
        "select pg_cancel_backend(pid) from pg_stat_activity where usename = 'admin' and pid <> pg_backend_pid()",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'admin' and pid <> pg_backend_pid()",
    ],
}


@pytest.mark.parametrize("is_read_only", [True, False], ids=["as it comes", "after it made itself writable"])
@pytest.mark.parametrize("what", list(TRIES))
def test_whatever_else_the_reader_tries_is_refused(shown: Postgres, what: str, is_read_only: bool) -> None:
    refusals: dict[str, str] = {}
    with shown.connect("admin"), shown.connect("bi_reader") as connection:
        if not is_read_only:
            connection.execute("set default_transaction_read_only = off")
        for statement in TRIES[what]:
            try:
                connection.execute(statement.replace("{database}", shown.database).encode())
                refusals[statement] = "not refused"
            except psycopg.Error as error:
                refusals[statement] = type(error).__name__
                connection.execute("rollback")
    allowed = {"InsufficientPrivilege"} | ({"ReadOnlySqlTransaction"} if is_read_only else set())
    assert {statement: how for statement, how in refusals.items() if how not in allowed} == {}


def test_it_reads_every_mart_of_every_night(shown: Postgres, nights: Nights) -> None:
    """Also those that were made after the grants: nothing has to be granted again."""
    settings = nights.settings(shown)[0]
    publish_to_postgres(settings)
    with shown.connect("bi_reader") as connection:
        names = connection.execute("select viewname from pg_views where schemaname = 'marts'").fetchall()
        read = [connection.execute(f"select count(*) from {name}".encode()).fetchall()[0][0] for (name,) in names]
    assert len(read) > 30
    assert sum(read) > 10_000


def test_what_the_reader_may_do_anywhere_is_to_select_from_marts(shown: Postgres) -> None:
    """By the catalogue: no relation, schema or database gives it, or everybody, more."""
    with shown.connect("bi_reader") as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("grant select on marts.published_night to public")  # a mere warning: it had none to give
    grants = shown.rows(
        "select distinct n.nspname, a.privilege_type from pg_class c join pg_namespace n on n.oid = c.relnamespace, "
        "aclexplode(c.relacl) a where a.grantee in (0, 'bi_reader'::regrole) and n.nspname !~ '^(pg_|information_)'",
        "admin",
    )
    assert grants == [("marts", "SELECT")]
    spaces = shown.rows(
        "select n.nspname, a.privilege_type from pg_namespace n, aclexplode(n.nspacl) a "
        "where a.grantee in (0, 'bi_reader'::regrole) and n.nspname !~ '^(pg_|information_)'",
        "admin",
    )
    assert spaces == [("marts", "USAGE")]
    databases = shown.rows(
        "select a.privilege_type from pg_database d, aclexplode(d.datacl) a where d.datname = current_database() "
        "and a.grantee in (0, 'bi_reader'::regrole)",
        "admin",
    )
    assert databases == [("CONNECT",)]
    flags = "rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls or rolinherit"
    assert shown.rows(f"select rolname from pg_roles where ({flags}) and rolname ~ '^(bi|marts)_'", "admin") == []
    memberships = shown.rows(
        "select roleid::regrole::text, member::regrole::text from pg_auth_members "
        "where member::regrole::text ~ '^(bi|marts)_'",
        "admin",
    )
    assert memberships == [("marts_owner", "bi_publisher")]


def test_a_query_that_never_ends_is_ended_and_so_is_a_forgotten_transaction(shown: Postgres) -> None:
    names = ("statement_timeout", "idle_in_transaction_session_timeout", "default_transaction_read_only", "search_path")
    with shown.connect("bi_reader") as connection:
        found = [connection.execute(f"show {name}".encode()).fetchall()[0][0] for name in names]
        assert found == ["5min", "5min", "on", "marts"]
        connection.execute("set statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("select count(*) from generate_series(1, 1000000000)")


def test_nobody_logs_in_as_the_owner_and_the_publisher_is_the_owner_only_by_its_own_word(shown: Postgres) -> None:
    (login,) = shown.rows("select rolcanlogin from pg_roles where rolname = 'marts_owner'", "admin")
    assert login == (False,)
    with shown.connect("bi_publisher") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from marts.dim_sector")
        connection.execute("set role marts_owner")
        assert connection.execute("select count(*) from marts.dim_sector").fetchall() == [(6,)]


def test_setting_up_again_keeps_what_is_there_and_mends_what_was_opened(shown: Postgres, tmp_path: Path) -> None:
    before = shown.rows("select * from marts_nights.nights", "admin")
    with shown.connect("admin") as connection:
        connection.execute("grant create on schema public to public")
        connection.execute(f"grant temporary on database {shown.database} to public".encode())
        connection.execute("alter role bi_reader createdb")
        connection.execute("grant marts_owner to bi_reader")
    left = set_up(shown.settings(home=tmp_path))
    assert shown.rows("select * from marts_nights.nights", "admin") == before
    test_what_the_reader_may_do_anywhere_is_to_select_from_marts(shown)
    # what is of others is told, never changed
    assert [line for line in left if "database postgres" in line]


def test_the_printed_statements_do_the_same(server: Postgres, nights: Nights) -> None:
    printed = server.another("bi_printed", is_set_up=False)
    import os
    import subprocess

    done = subprocess.run(
        ["psql", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--quiet", printed.dsn("admin")],
        input=setup_sql(),
        text=True,
        capture_output=True,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert publish_to_postgres(nights.settings(printed)[0]).changed
    test_what_the_reader_may_do_anywhere_is_to_select_from_marts(printed)


def test_no_password_reaches_the_server_s_log(server: Postgres, tmp_path: Path) -> None:
    with server.connect("admin") as connection:
        connection.execute("alter system set log_statement = 'all'")
        connection.execute("select pg_reload_conf()")
    try:
        set_up(server.another("bi_logged", is_set_up=False).settings(home=tmp_path))
    finally:
        with server.connect("admin") as connection:
            connection.execute("alter system reset log_statement")
            connection.execute("select pg_reload_conf()")
    logged = server.log.read_text()
    assert 'alter role "bi_reader" password \'SCRAM-SHA-256$' in logged
    assert [name for name, password in server.passwords.items() if password in logged] == []


def test_a_login_without_a_password_is_told(server: Postgres, tmp_path: Path) -> None:
    settings = server.another("bi_bare", is_set_up=False).settings(home=tmp_path)
    bare = settings.model_copy(update={"bi_reader_password": None})
    assert not [line for line in set_up(bare) if "has no password" in line]  # it has one from before, and keeps it
    with server.connect("admin") as connection:
        connection.execute("alter role bi_reader password null")
    assert [line for line in set_up(bare) if line.startswith("bi_reader has no password and cannot log in")]
    set_up(settings)
    assert server.rows("select 1") == [(1,)]


def test_without_an_administrator_s_connection_it_says_what_to_do(tmp_path: Path) -> None:
    from hrtp.settings import load_settings

    with pytest.raises(SettingsError, match=r"HRTP_POSTGRES_ADMIN_DSN is not set: .*--print"):
        set_up(load_settings(home=tmp_path))
