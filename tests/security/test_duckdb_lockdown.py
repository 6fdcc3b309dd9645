"""DuckDB reaches the zones that a connection is given, and nothing else, wherever the product or dbt opens it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import hrtp.build
from hrtp.build import WAREHOUSE_FILE, build_warehouse
from hrtp.duck import open_duckdb, sql_text
from hrtp.marts import open_marts
from hrtp.publish import publish
from hrtp.settings import Settings, load_settings
from tests.county import AS_OF

PROJECT = Path(__file__).resolve().parents[2]
REFUSED = (duckdb.PermissionException, duckdb.InvalidInputException, duckdb.CatalogException)

#: What an attacker who can write SQL would try; {outside} is a folder that is no zone.
ATTEMPTS = {
    "reads a file": "select * from read_text('/etc/passwd')",
    "reads the environment": "select * from read_blob('/proc/self/environ')",
    "reads by a bare name": "select * from '/etc/passwd'",
    "sniffs": "select * from sniff_csv('/etc/passwd')",
    "lists a folder": "select * from glob('/etc/*')",
    "goes up from the zone": "select * from read_text('{zone}/../outside/secret.txt')",
    "follows a link out": "select * from read_text('{zone}/link')",
    "fetches": "select * from read_text('https://example.invalid/x')",
    "installs": "install httpfs",
    "loads": "load httpfs",
    "loads a file": "load '{outside}/x.duckdb_extension'",
    "copies out": "copy (select 1) to '{outside}/out.csv'",
    "exports": "export database '{outside}/all'",
    "attaches": "attach '{outside}/other.duckdb' as other",
    "imports": "import database '/etc'",
    "opens up": "set enable_external_access = true",
    "widens": "set allowed_directories = ['/']",
    "unlocks": "reset lock_configuration",
    "unlocks otherwise": "set lock_configuration = false",
    "spills elsewhere": "set temp_directory = '{outside}'",
    "autoloads": "set autoload_known_extensions = true",
    "logs elsewhere": "set log_query_path = '{outside}/log'",
    "profiles elsewhere": "set profiling_output = '{outside}/profile'",
    "reads a variable of Python": "select * from secret_of_python",
    "changes the clock": "set TimeZone = 'America/New_York'",
}


class Outside:
    """A zone, and beside it what must not be reached."""

    def __init__(self, folder: Path) -> None:
        self.zone, self.outside = folder / "zone", folder / "outside"
        self.zone.mkdir()
        self.outside.mkdir()
        (self.outside / "secret.txt").write_text("secret")
        (self.zone / "link").symlink_to(self.outside / "secret.txt")
        with duckdb.connect(str(self.outside / "other.duckdb")) as other:
            other.execute("create table t as select 1")

    def sql(self, what: str) -> str:
        return ATTEMPTS[what].format(zone=self.zone, outside=self.outside)

    def refuses(self, connection: duckdb.DuckDBPyConnection, *, but: tuple[str, ...] = ()) -> None:
        """Every attempt fails, nothing new is outside, and the connection still works."""
        secret_of_python = {"a": [1]}
        assert secret_of_python
        before = sorted(self.outside.rglob("*"))
        for what in ATTEMPTS:
            if what not in but:
                with pytest.raises(REFUSED):
                    connection.execute(self.sql(what)).fetchall()
        assert sorted(self.outside.rglob("*")) == before
        assert connection.execute("select current_setting('TimeZone'), 1 + 1").fetchall() == [("UTC", 2)]


@pytest.fixture
def world(tmp_path: Path) -> Outside:
    return Outside(tmp_path)


def test_the_helper_closes_a_file_a_reader_and_an_attachment(world: Outside) -> None:
    path = world.zone / "own.duckdb"
    with open_duckdb(path, folders=[world.zone]) as connection:
        connection.execute("create table t as select range as n from range(10)")
        connection.execute(f"copy t to {sql_text(world.zone / 't.parquet')}")
        assert connection.execute(f"select count(*) from {sql_text(world.zone / 't.parquet')}").fetchall() == [(10,)]
        world.refuses(connection)
        world.refuses(connection.cursor())
    with open_duckdb(path, read_only=True) as connection:
        world.refuses(connection)
        with pytest.raises(REFUSED):
            connection.execute("insert into t values (1)")
    with open_duckdb(attached={"other": path}) as connection:
        assert connection.execute("select count(*) from other.t").fetchall() == [(10,)]
        world.refuses(connection)


def test_a_zone_reached_through_a_link_is_still_a_zone(world: Outside, tmp_path: Path) -> None:
    (tmp_path / "name").symlink_to(world.zone)
    with open_duckdb(folders=[tmp_path / "name"]) as connection:
        connection.execute(f"copy (select 1 as a) to {sql_text(tmp_path / 'name' / 'a.csv')}")
        assert connection.execute(f"select a from {sql_text(tmp_path / 'name' / 'a.csv')}").fetchall() == [(1,)]
        world.refuses(connection)


OPENERS = {"connect", "sql", "query", "execute", "read_csv", "read_parquet", "read_json", "default_connection"}


def opened_directly(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            is_opener = isinstance(node, ast.Attribute) and node.attr in OPENERS
            if is_opener and isinstance(node.value, ast.Name) and node.value.id == "duckdb":
                yield path.name


def test_nothing_but_the_helper_opens_duckdb() -> None:
    folders = [PROJECT / "src" / "hrtp", PROJECT / "dags", PROJECT / "orchestration"]
    assert [name for folder in folders for name in opened_directly(folder)] == ["duck.py"]


@pytest.fixture
def home(world: Outside, tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", person_key="l" * 64)


def test_the_connections_of_a_build_a_publication_and_a_reader_are_closed(
    home: Settings, world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def in_the_middle_of_identity(connection: duckdb.DuckDBPyConnection, *_: object, **__: object) -> Path:
        seen.append("build")
        world.refuses(connection)
        raise InterruptedError

    monkeypatch.setattr(hrtp.build, "resolve", in_the_middle_of_identity)
    with pytest.raises(hrtp.build.BuildFailed, match="InterruptedError"):
        build_warehouse(home, AS_OF)
    with open_duckdb(home.warehouse / WAREHOUSE_FILE) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.figures as select 1 as n")
    real = hrtp.publish._copy_comments

    def in_the_middle_of_publishing(connection: duckdb.DuckDBPyConnection) -> list[str]:
        seen.append("publish")
        world.refuses(connection)
        return real(connection)

    monkeypatch.setattr(hrtp.publish, "_copy_comments", in_the_middle_of_publishing)
    publish(home)
    with open_marts(home) as marts:
        seen.append("marts")
        assert marts.execute("select n from figures").fetchall() == [(1,)]
        # in a file named marts DuckDB fails to export before it looks where to
        world.refuses(marts, but=("exports",))
    assert seen == ["build", "publish", "marts"]


def test_no_dbt_model_or_hook_reaches_outside(world: Outside, tmp_path: Path) -> None:
    project = tmp_path / "dbt"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: attack\nversion: '1.0.0'\nprofile: hrtp\nmodel-paths: [models]\nmodels: {+materialized: table}\n"
    )
    queries = [what for what, sql in ATTEMPTS.items() if sql.startswith("select") and "python" not in sql]
    (project / "models" / "control.sql").write_text(f"select * from read_csv('{world.zone}/good.csv')")
    (world.zone / "good.csv").write_text("a\n1\n")
    names = {}
    for number, what in enumerate(ATTEMPTS):
        if "python" in ATTEMPTS[what]:
            continue
        sql = world.sql(what)
        hook = "" if what in queries else "{{ config(pre_hook=" + json.dumps(sql) + ") }} "
        names[f"attack_{number}"] = what
        (project / "models" / f"attack_{number}.sql").write_text(hook + (sql if what in queries else "select 1 as a"))
    before = sorted(world.outside.rglob("*"))
    environment = os.environ | {
        "HRTP_DBT_PATH": str(tmp_path / "attacked.duckdb"),
        "HRTP_DBT_FOLDERS": str(world.zone),
        "DO_NOT_TRACK": "1",
    }
    profiles = shutil.copytree(
        PROJECT / "dbt_project", tmp_path / "profiles", ignore=lambda _, n: set(n) - {"profiles.yml"}
    )
    command = [
        Path(sys.executable).parent / "dbt",
        "--quiet",
        "run",
        "--project-dir",
        project,
        "--profiles-dir",
        profiles,
    ]
    done = subprocess.run(list(map(str, command)), env=environment, cwd=tmp_path, capture_output=True, text=True)
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    outcome = {result["unique_id"].split(".")[-1]: (result["status"], result["message"]) for result in results}
    assert done.returncode == 1
    assert outcome.pop("control")[0] == "success"
    assert set(outcome) == set(names)
    refused = ("Permission Error", "Catalog Error", "configuration has been locked", "Invalid Input Error")
    assert {
        names[name]: said
        for name, said in outcome.items()
        if said[0] != "error" or not any(r in said[1] for r in refused)
    } == {}
    assert sorted(world.outside.rglob("*")) == before
