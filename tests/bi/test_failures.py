"""PostgreSQL away, full, closed, broken off: the old night stays, a person is told what to do, and nothing leaks."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hrtp.steps
from hrtp.alerts import collect
from hrtp.bi import BiPublishFailed, publish_to_postgres
from hrtp.errors import SettingsError
from hrtp.outcomes import PUBLISH_BI, last_outcomes, recorded
from hrtp.settings import Settings, load_settings
from tests.bi.world import Nights, duckdb_rows, postgres_rows, publish_file, schemas
from tests.compose.loopback import PATIENCE_SECONDS
from tests.postgres import Postgres, running_postgres

ROW = "create table marts.fct as select i as id, 'Maria Gutierrez' as name from range(1000) t(i)"


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server to stop and start."""
    with running_postgres() as found:
        yield found


@pytest.fixture
def shown(postgres: Postgres, nights: Nights) -> Settings:
    """Settings of the second night, where the first is shown."""
    first, second = nights.settings(postgres)
    publish_to_postgres(first)
    return second


def at(step: str, do: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something in the middle of a publish, once."""
    done: list[object] = []

    def hook(name: str) -> None:
        if name == step and not done:
            done.append(True)
            do()

    monkeypatch.setattr(hrtp.steps, "_hook", hook)


def refused(settings: Settings) -> str:
    """What a person is told."""
    with pytest.raises(BiPublishFailed) as failure:
        publish_to_postgres(settings)
    assert failure.value.code == "BI_PUBLISH_FAILED"
    return str(failure.value)


def test_a_server_that_is_down_and_comes_back(
    fragile: Postgres, nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = nights.settings(fragile)
    publish_to_postgres(first)
    fragile.stop()
    with caplog.at_level(logging.DEBUG):
        text = refused(second)
    assert "PostgreSQL cannot be reached" in text
    assert "Dashboards keep the night before" in text
    assert text.endswith("then run `hrtp bi publish`")
    everything = text + caplog.text
    assert [
        part for part in (*fragile.passwords.values(), str(fragile.port), "bi_publisher") if part in everything
    ] == []
    fragile.start()
    assert postgres_rows(fragile) == duckdb_rows(first)
    assert publish_to_postgres(second).changed
    assert postgres_rows(fragile) == duckdb_rows(second)


@pytest.mark.parametrize("step", ["bi.night_opened", "bi.mart_copied", "bi.mart_attached", "bi.before_swap"])
def test_a_server_that_dies_in_the_middle(
    fragile: Postgres, nights: Nights, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nights.settings(fragile)
    publish_to_postgres(first)
    with monkeypatch.context() as patch:
        at(step, lambda: fragile.stop(signal.SIGQUIT), patch)
        text = refused(second)
    assert "PostgreSQL" in text
    fragile.start()
    assert postgres_rows(fragile) == duckdb_rows(first)
    assert publish_to_postgres(second).changed
    assert postgres_rows(fragile) == duckdb_rows(second)
    assert len(schemas(fragile)) == 2


def test_a_server_that_dies_right_after_the_swap_has_the_new_night_whole(
    fragile: Postgres, nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loading does not wait for the disk at each commit; the swap does, and for all that came before it."""
    first, second = nights.settings(fragile)
    publish_to_postgres(first)
    with monkeypatch.context() as patch:
        at("bi.swapped", lambda: fragile.stop(signal.SIGQUIT), patch)
        refused(second)
    fragile.start()
    assert postgres_rows(fragile) == duckdb_rows(second)
    assert not publish_to_postgres(second).changed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda dsn: dsn.replace("bi_publisher:", "bi_publisher:not"), "refuses the login"),
        (lambda dsn: dsn.replace("bi_publisher:", "nobody:"), "refuses the login"),
        (lambda dsn: dsn.rpartition("/")[0] + "/no_such_database", "no such database"),
    ],
    ids=["wrong password", "wrong user", "wrong database"],
)
def test_a_wrong_connection_string_says_what_is_wrong_and_shows_nothing_of_it(
    shown: Settings, postgres: Postgres, change: Callable[[str], str], says: str
) -> None:
    wrong = change(postgres.dsn("bi_publisher"))
    text = refused(load_settings(home=shown.home, postgres_dsn=wrong))
    assert says in text
    assert [
        part for part in (postgres.passwords["bi_publisher"], "no_such", "127.0.0.1", "nobody") if part in text
    ] == []


def test_a_login_that_may_not_and_a_database_that_is_not_set_up_are_sent_to_the_setup(
    shown: Settings, postgres: Postgres, server: Postgres
) -> None:
    reader = load_settings(home=shown.home, postgres_dsn=postgres.dsn("bi_reader"))
    assert "run `hrtp bi setup` once" in refused(reader)
    bare = server.another("bi_not_set_up", is_set_up=False)
    assert "run `hrtp bi setup` once" in refused(bare.settings(home=shown.home))


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("postgresql://u:secret@db.example.org/bi", "must say sslmode"),
        ("host=db.example.org,127.0.0.1 password=secret", "must say sslmode"),
        ("host=127.0.0.1 passwort=secret", "is no connection string"),
        ("postgresql://u:secret@[::1", "is no connection string"),
    ],
)
def test_a_connection_string_that_would_cross_a_network_in_clear_is_refused_unshown(
    tmp_path: Path, dsn: str, says: str
) -> None:
    with pytest.raises(SettingsError, match=says) as failure:
        publish_to_postgres(load_settings(home=tmp_path, postgres_dsn=dsn))
    assert "secret" not in str(failure.value)


def test_nothing_published_yet_and_a_damaged_file_are_not_copied(postgres: Postgres, tmp_path: Path) -> None:
    settings = postgres.settings(home=tmp_path / "home")
    assert "run `hrtp publish` first" in refused(settings)
    publish_file(settings, ROW)
    published = (settings.published / "marts.duckdb").resolve()
    published.chmod(0o644)
    published.write_bytes(published.read_bytes()[:-1] + b"?")
    assert "is damaged (marts.duckdb)" in refused(settings)


def test_an_administrator_who_ends_it_in_the_middle(
    shown: Settings, postgres: Postgres, nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> None:
        postgres.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bi_publisher' "
            "and datname = current_database()",
            "admin",
        )

    with monkeypatch.context() as patch:
        at("bi.mart_copied", end, patch)
        text = refused(shown)
    assert "shuts down or was stopped" in text or "the connection to PostgreSQL broke" in text
    assert postgres_rows(postgres) == duckdb_rows(nights.settings(postgres)[0])
    assert publish_to_postgres(shown).changed


def test_no_row_stands_in_an_error_though_the_server_quotes_it(postgres: Postgres, tmp_path: Path) -> None:
    """A key that two rows share: the server's own words are "Key (id)=(...) is duplicated"."""
    settings = postgres.settings(home=tmp_path / "home", project=_project(tmp_path))
    publish_file(settings, "create table marts.fct as select 'Maria Gutierrez' as id from range(2)")
    with pytest.raises(BiPublishFailed) as failure:
        publish_to_postgres(settings)
    assert "do not fit the keys of their mart" in str(failure.value)
    assert "Maria" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_value_that_postgres_cannot_hold_is_told_without_it(postgres: Postgres, tmp_path: Path) -> None:
    settings = postgres.settings(home=tmp_path / "home")
    publish_file(settings, "create table marts.fct as select 'Maria' || chr(0) || 'Gutierrez' as name")
    text = refused(settings)
    assert "a value does not fit its column" in text
    assert "Maria" not in text


def test_a_disk_that_fills_up_while_rows_come_in(shown: Settings, postgres: Postgres, nights: Nights) -> None:
    """The server says what it says of a full disk, in the middle of a COPY: its own error, raised by a trigger."""
    with each_row_of_services(
        postgres,
        "if new.row_number > 10 then raise exception 'could not extend file: No space left on device' "
        "using errcode = 'disk_full'; end if; return new;",
    ):
        assert "PostgreSQL's disk is full: free space there (SQLSTATE 53100)" in refused(shown)
        assert postgres_rows(postgres) == duckdb_rows(nights.settings(postgres)[0])
        # what was being built for other marts ends with it
        left = "select count(*) from pg_stat_activity where usename = 'bi_publisher' and datname = current_database()"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while postgres.rows(left, "admin") != [(0,)]:
            assert time.monotonic() < deadline, "a connection of the publisher outlives it"
            time.sleep(0.05)
    assert publish_to_postgres(shown).changed
    assert postgres_rows(postgres) == duckdb_rows(shown)


def test_rows_that_do_not_arrive_are_missed(shown: Settings, postgres: Postgres, nights: Nights) -> None:
    """COPY reports what it was sent; the rows in the table are counted."""
    rows = len(duckdb_rows(shown)["fct_services"])
    with each_row_of_services(postgres, "if new.row_number % 2 = 0 then return null; end if; return new;"):
        arrived = re.search(r"not every row arrived \(fct_services: (\d+) of (\d+) rows\)", refused(shown))
        assert arrived is not None
        assert 0 < int(arrived[1]) < int(arrived[2]) == rows
        assert postgres_rows(postgres) == duckdb_rows(nights.settings(postgres)[0])
    assert publish_to_postgres(shown).changed
    assert postgres_rows(postgres) == duckdb_rows(shown)


@contextmanager
def each_row_of_services(postgres: Postgres, does: str) -> Iterator[None]:
    """While the block runs, each row on its way into a new ``fct_services`` meets a trigger that ``does`` something."""
    with postgres.connect("admin") as connection:
        connection.execute(
            f"create function public.each_row() returns trigger language plpgsql as $$ begin {does} end $$".encode()
        )
        connection.execute(
            "create function public.meet() returns event_trigger language plpgsql security definer as $$ begin "
            "if (select object_identity like '%.fct_services' from pg_event_trigger_ddl_commands() limit 1) then "
            "execute format('create trigger each_row before insert on %s for each row execute function "
            "public.each_row()', (select objid::regclass from pg_event_trigger_ddl_commands() limit 1)); "
            "end if; end $$"
        )
        connection.execute(
            "create event trigger meet on ddl_command_end when tag in ('CREATE TABLE') execute function public.meet()"
        )
        yield
        connection.execute("drop event trigger meet")


def test_people_are_told_as_long_as_it_stands_and_not_any_more_after(
    fragile: Postgres, nights: Nights, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(nights.second, tmp_path / "home", symlinks=True)
    settings = fragile.settings(home=tmp_path / "home")
    fragile.stop()
    with pytest.raises(BiPublishFailed), recorded(settings, PUBLISH_BI):
        publish_to_postgres(settings)
    told = [alert for alert in collect(settings) if alert.code == "BI_PUBLISH_FAILED"]
    assert [(alert.source, alert.severity) for alert in told] == [("warehouse", "error")]
    assert told[0].text.startswith("publish_bi failed: PostgreSQL cannot be reached")
    # a deployment that has no PostgreSQL any more has nothing to mend there
    without = settings.model_copy(update={"postgres_dsn": None})
    assert [alert for alert in collect(without) if alert.code == "BI_PUBLISH_FAILED"] == []
    fragile.start()
    with recorded(settings, PUBLISH_BI):
        publish_to_postgres(settings)
    assert [alert for alert in collect(settings) if alert.code == "BI_PUBLISH_FAILED"] == []
    assert [outcome.state for outcome in last_outcomes(settings) if outcome.step == PUBLISH_BI] == ["ok"]


def test_the_commands_publish_both_and_their_exit_codes_tell(fragile: Postgres, nights: Nights, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(nights.first, tmp_path / "home", symlinks=True)
    environment = os.environ | {"HRTP_HOME": str(tmp_path / "home"), "HRTP_POSTGRES_DSN": fragile.dsn("bi_publisher")}

    def hrtp(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("hrtp")), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    both = hrtp("publish")
    assert both.returncode == 0, both.stderr
    assert json.loads(both.stdout)["postgres"]["rows"] > 10_000
    again = hrtp("bi", "publish")
    assert (again.returncode, json.loads(again.stdout)["changed"]) == (0, False)
    fragile.stop()
    half = hrtp("publish")
    assert half.returncode == 3
    assert json.loads(half.stdout)["postgres"] is None
    assert half.stderr.startswith("hrtp: BI_PUBLISH_FAILED: PostgreSQL cannot be reached")
    assert hrtp("bi", "publish").returncode == 1
    (tmp_path / "home" / "warehouse" / "hrtp.duckdb").unlink()
    assert hrtp("publish").returncode == 1
    fragile.start()
    printed = hrtp("bi", "setup", "--print")
    assert printed.returncode == 0
    assert "create role bi_reader" in printed.stdout
    everything = "".join(done.stdout + done.stderr for done in (both, again, half, printed))
    assert [password for password in fragile.passwords.values() if password in everything] == []


def _project(tmp_path: Path) -> Path:
    """A project whose only mart has a key."""
    models = tmp_path / "project" / "dbt_project" / "models" / "marts"
    models.mkdir(parents=True)
    (tmp_path / "project" / "sources").mkdir()
    (models / "fct.yml").write_text(
        "models:\n  - name: fct\n    data_tests:\n      - unique_combination:\n          arguments: {columns: [id]}\n"
    )
    return tmp_path / "project"
