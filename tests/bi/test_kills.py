"""Killed at every named step and run again, two at once, half dead: the old night or the new one, and nothing over."""

from __future__ import annotations

import shutil
import signal
import threading
from pathlib import Path

import pytest

import hrtp.bi.connect
from hrtp.bi import publish_also, publish_to_postgres
from hrtp.locks import BusyError
from hrtp.outcomes import PUBLISH_BI, last_outcomes
from hrtp.publish import current_content_id, drop_old_versions
from hrtp.settings import load_settings
from tests.bi.world import Nights, duckdb_rows, postgres_rows, publish_bi, schemas
from tests.compose.loopback import free_port
from tests.crash import fork
from tests.crash.child import Plan
from tests.postgres import Postgres

#: Every step of a publish, in order, and at which passing of it a kill is tried.
STEPS = (
    ("bi.locked", 1),
    ("bi.swept", 1),
    ("bi.night_opened", 1),
    ("bi.mart_copied", 1),
    ("bi.mart_copied", 20),
    ("bi.copied", 1),
    ("bi.mart_attached", 1),
    ("bi.mart_attached", 20),
    ("bi.before_swap", 1),
    ("bi.swapped", 1),
    ("bi.old_nights_dropped", 1),
)


def test_killed_at_any_step_it_shows_one_night_whole_and_runs_again_as_if_nothing_had_been(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    dsn, log = postgres.dsn("bi_publisher"), tmp_path / "log"
    homes = (nights.first, nights.second)
    rows = [duckdb_rows(settings) for settings in nights.settings(postgres)]
    assert rows[0] != rows[1]
    whole = fork.run(log, publish_bi, homes[0], dsn)
    assert whole.error is None, whole.message
    assert set(whole.steps) == {name for name, _ in STEPS}
    shown = 0
    for place, kill_at in enumerate(STEPS):
        coming = 1 - shown
        child = fork.start(log, publish_bi, homes[coming], dsn, plan=Plan(kill_at=kill_at))
        assert child.death() == signal.SIGKILL, kill_at
        is_swapped = place >= STEPS.index(("bi.swapped", 1))
        assert postgres_rows(postgres) == rows[coming if is_swapped else shown], kill_at
        assert fork.value(log, publish_bi, homes[coming], dsn) is not is_swapped, kill_at
        assert postgres_rows(postgres) == rows[coming], kill_at
        assert len(schemas(postgres)) == 2, kill_at  # the one that is shown, and the one before
        left = postgres.rows("select count(*) from marts_nights.nights where shown_at is null", "admin")
        assert left == [(0,)], kill_at
        shown = coming


def test_the_first_night_killed_before_its_swap_shows_nothing_and_then_all(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    dsn, log = postgres.dsn("bi_publisher"), tmp_path / "log"
    child = fork.start(log, publish_bi, nights.first, dsn, plan=Plan(kill_at=("bi.before_swap", 1)))
    assert child.death() == signal.SIGKILL
    assert postgres_rows(postgres) == {}
    assert postgres.rows("select count(*) from published_night") == [(0,)]
    assert fork.value(log, publish_bi, nights.first, dsn) is True
    assert postgres_rows(postgres) == duckdb_rows(nights.settings(postgres)[0])


def test_what_a_killed_publisher_still_has_running_is_waited_for_and_its_night_removed(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    """An index that its server goes on building for a while: here a lock on a table of that night, for two seconds."""
    dsn = postgres.dsn("bi_publisher")
    child = fork.start(tmp_path / "log", publish_bi, nights.first, dsn, plan=Plan(kill_at=("bi.copied", 1)))
    assert child.death() == signal.SIGKILL
    with postgres.connect("admin") as connection:
        connection.execute("begin")
        connection.execute("lock table marts_night_1.fct_services in share mode")
        going = threading.Timer(2.0, connection.execute, ["rollback"])
        going.start()
        assert publish_to_postgres(nights.settings(postgres)[0]).changed
        going.join()
    assert schemas(postgres) == ["marts_night_2"]


def test_of_two_at_once_one_waits_and_then_finds_nothing_to_do(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    dsn, log = postgres.dsn("bi_publisher"), tmp_path / "log"
    first = fork.start(log, publish_bi, nights.first, dsn, plan=Plan(stop_at=("bi.copied", 1)))
    first.wait_for("stopped")
    second = fork.start(log, publish_bi, nights.first, dsn)
    assert not second.connection.poll(1.0), "the second did not wait"
    first.resume()
    assert (first.end().value, second.end().value) == (True, False)
    assert postgres_rows(postgres) == duckdb_rows(nights.settings(postgres)[0])


def test_a_publisher_that_hangs_is_named_after_a_while(
    postgres: Postgres, nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = fork.start(
        tmp_path / "log",
        publish_bi,
        nights.first,
        postgres.dsn("bi_publisher"),
        plan=Plan(stop_at=("bi.mart_copied", 3)),
    )
    hangs.wait_for("stopped")
    monkeypatch.setattr(hrtp.bi.connect, "BUSY_SECONDS", 0.3)
    with pytest.raises(BusyError, match=r"BUSY: another publisher to PostgreSQL .* nothing was done here"):
        publish_to_postgres(nights.settings(postgres)[0])
    hangs.kill()
    assert publish_to_postgres(nights.settings(postgres)[0]).changed


def test_a_publisher_that_lost_its_lock_and_wakes_up_shows_nothing(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    """A machine that slept: its lock was released, another one has published meanwhile."""
    zombie = fork.start(
        tmp_path / "log",
        publish_bi,
        nights.first,
        postgres.dsn("bi_publisher"),
        plan=Plan(stop_at=("bi.mart_attached", len(duckdb_rows(nights.settings(postgres)[0])))),
    )
    zombie.wait_for("stopped")
    with postgres.connect("admin") as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_locks where relation = 'marts_nights.publishing'::regclass"
        )
    publish_to_postgres(nights.settings(postgres)[1])
    zombie.resume()
    outcome = zombie.end()
    assert (outcome.code, "took this one for dead" in outcome.message) == ("BI_PUBLISH_FAILED", True)
    assert postgres_rows(postgres) == duckdb_rows(nights.settings(postgres)[1])


def test_the_same_night_again_copies_nothing(postgres: Postgres, nights: Nights) -> None:
    settings = nights.settings(postgres)[0]
    first = publish_to_postgres(settings)
    before = postgres.rows("select * from marts_nights.nights", "admin")
    again = publish_to_postgres(settings)
    assert (first.changed, again.changed) == (True, False)
    assert (again.content_id, again.marts) == (first.content_id, first.marts)
    assert postgres.rows("select * from marts_nights.nights", "admin") == before
    assert postgres.rows("select content_id, as_of_date::text, n_rows from published_night") == [
        (first.content_id, "2026-09-30", first.rows)
    ]


def test_what_the_files_do_not_keep_any_more_is_not_kept_here_either(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    """A person was forgotten, or the key changed: the nights before leave the files, and PostgreSQL with them."""
    publish_to_postgres(nights.settings(postgres)[0])
    shutil.copytree(nights.second, tmp_path / "home", symlinks=True)
    settings = postgres.settings(home=tmp_path / "home")
    drop_old_versions(settings)
    said: list[str] = []
    publish_also(settings, said.append)
    assert said == [f"PostgreSQL shows it, content {current_content_id(settings)}"]
    assert schemas(postgres) == ["marts_night_2"]
    assert postgres.rows("select count(*) from marts_nights.nights", "admin") == [(1,)]


def test_whoever_publishes_besides_is_told_that_postgres_is_away_and_goes_on(nights: Nights, tmp_path: Path) -> None:
    shutil.copytree(nights.first, tmp_path / "home", symlinks=True)
    settings = load_settings(home=tmp_path / "home", postgres_dsn=f"host=127.0.0.1 port={free_port()} password=secret")
    said: list[str] = []
    publish_also(settings, said.append)
    assert len(said) == 1
    assert said[0].startswith("PostgreSQL does not show it yet: BI_PUBLISH_FAILED: PostgreSQL cannot be reached")
    assert "secret" not in said[0]
    (outcome,) = (outcome for outcome in last_outcomes(settings) if outcome.step == PUBLISH_BI)
    assert (outcome.state, outcome.code) == ("failed", "BI_PUBLISH_FAILED")
    publish_also(load_settings(home=tmp_path / "home"), said.append)  # no PostgreSQL, no word
    assert len(said) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "delete from marts_night_1.fct_services where row_number = 3",
        "drop view marts.dim_date",
        "alter table marts_nights.{parent} detach partition marts_night_1.fct_services",
        "create view marts.smuggled as select 1 as id",
        "revoke select on marts.dim_date from bi_reader",
        "delete from marts_nights.shown",
    ],
)
def test_a_night_that_was_damaged_is_put_in_place_again(postgres: Postgres, nights: Nights, damage: str) -> None:
    settings = nights.settings(postgres)[0]
    publish_to_postgres(settings)
    ((parent,),) = postgres.rows(
        "select inhparent::regclass::text from pg_inherits where inhrelid = 'marts_night_1.fct_services'::regclass",
        "admin",
    )
    with postgres.connect("admin") as connection:
        connection.execute(damage.format(parent=parent.removeprefix("marts_nights.")).encode())
    assert publish_to_postgres(settings).changed
    assert postgres_rows(postgres) == duckdb_rows(settings)
    assert not publish_to_postgres(settings).changed


def test_other_words_or_keys_for_the_same_rows_are_copied_again(
    postgres: Postgres, nights: Nights, tmp_path: Path
) -> None:
    """A release that declares an index: the content is the same, its layout is not."""
    publish_to_postgres(nights.settings(postgres)[0])
    project = tmp_path / "project"
    shutil.copytree(load_settings().project / "dbt_project" / "models", project / "dbt_project" / "models")
    (project / "sources").mkdir()
    path = project / "dbt_project" / "models" / "marts" / "core" / "dim_program.yml"
    path.write_text(path.read_text().replace("      meta:\n", "      meta:\n        bi_indexes: [[sector]]\n", 1))
    settings = postgres.settings(home=nights.first, project=project)
    assert publish_to_postgres(settings).changed
    ((found,),) = postgres.rows(
        "select count(*) from pg_indexes where tablename = 'dim_program' and schemaname = 'marts_night_2'", "admin"
    )
    assert found == 2
