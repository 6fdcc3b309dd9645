"""I10 to I16 and I18 to I25: files, databases, keys and channels that fail around a deployment that works."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from orchestration.cluster import free_port
from pydantic import SecretStr

from hrtp.alerts import AlertsFailed, collect, tell
from hrtp.bi import BiPublishFailed, publish_to_postgres
from hrtp.build import build_warehouse
from hrtp.doctor import audit_landing
from hrtp.doctor.databases import examine_databases
from hrtp.doctor.machine import examine_airflow, examine_clock, examine_key, examine_room
from hrtp.errors import BuildFailed, HrtpError, PublishFailed, SettingsError, SourceConfigError
from hrtp.fullscan import full_scan
from hrtp.ingest import ingest, source_config
from hrtp.landing import zone as landing_zone
from hrtp.outcomes import PUBLISH_BI, recorded
from hrtp.publish import damaged_files, publish
from hrtp.restore import RestoreFailed, adopt_landing, restore
from hrtp.settings import Settings
from tests.alerts.servers import web_server
from tests.crash import phases
from tests.faults.bad_bytes.people import quiet_night
from tests.faults.bad_bytes.rows import services_csv
from tests.faults.built import SEPTEMBER, Marts, deploy
from tests.faults.machine import Machine
from tests.faults.world import BYSTANDER, FAULTY, World
from tests.parsed import PROJECT, parsed_once
from tests.postgres import running_postgres

FLIPS = 8


def codes(findings: object) -> set[str]:
    """The codes of the doctor's findings."""
    return {finding.code for finding in findings}  # type: ignore[attr-defined]


def test_I10_bit_flips_in_a_database_file(machine: Machine) -> None:
    whole = full_scan(machine.warehouse)
    assert whole is not None
    data = bytearray(machine.warehouse.read_bytes())
    chance = random.Random(10)
    found = harmless = 0
    for _ in range(FLIPS):
        position, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        data[position] ^= bit
        machine.warehouse.write_bytes(data)
        counts = full_scan(machine.warehouse)
        if counts is None:
            found += 1
        else:  # a bit that nothing is kept in: the rows are those that were there
            assert phases.marts_digest(machine.warehouse) == machine.digest
            harmless += 1
        data[position] ^= bit
    assert found + harmless == FLIPS
    assert found > 0
    # what is published is compared byte by byte, so that no flip is harmless there
    version = machine.marts.parent
    for name in ("marts.duckdb", "parquet/indicator_values.parquet"):
        path = version / name
        good = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
        assert damaged_files(version) == [name]
        assert "PUBLISHED_CHANGED" in codes(examine_databases(machine.settings))
        path.write_bytes(good)
    assert damaged_files(version) == []


def test_I11_empty_or_foreign_database_file(machine: Machine) -> None:
    for content in (b"", b"SQLite format 3\0" + bytes(4096)):
        machine.warehouse.write_bytes(content)
        assert codes(examine_databases(machine.settings)) & {"WAREHOUSE_FOREIGN", "WAREHOUSE_DAMAGED"}
        with pytest.raises(PublishFailed):
            publish(machine.settings)
        assert machine.serves() == machine.content_id
    assert machine.build() == machine.digest


def test_I12_database_copied_without_its_log(machine: Machine, tmp_path: Path) -> None:
    for file in (machine.warehouse, machine.marts):
        assert not file.with_name(file.name + ".wal").exists()
        alone = Path(shutil.copy(file, tmp_path / "copy.duckdb"))
        assert phases.marts_digest(alone) == phases.marts_digest(file)
        alone.unlink()


def test_I13_cut_log_of_a_database(machine: Machine, tmp_path: Path) -> None:
    # what DuckDB does: of twenty commits in a log that is cut, the last are gone and nothing is said
    path = tmp_path / "cut.duckdb"
    script = (
        "import duckdb, os, sys\nc = duckdb.connect(sys.argv[1])\nc.execute('create table t (n int)')\n"
        "c.execute('checkpoint')\nfor n in range(20): c.execute(f'insert into t values ({n})')\nos._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    log = path.with_name(path.name + ".wal")
    os.truncate(log, log.stat().st_size - 10)
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("select count(*) from t").fetchall() != [(20,)]
    # so no log is ever part of ours: one that lies there is found, and the ledger of loads is outside, in raw
    stale = machine.warehouse.with_name("hrtp.duckdb.wal")
    stale.write_bytes(b"cut")
    assert "WAREHOUSE_WAL" in codes(examine_databases(machine.settings))
    in_ledger = fork_counts(machine.settings)
    stale.unlink()
    in_marts = Marts(machine.warehouse).one("select count(*), sum(rows_loaded) from load_reconciliation")
    assert in_marts == in_ledger


def fork_counts(settings: Settings) -> tuple[int, int]:
    """Files and loaded rows, as the Delta logs tell them."""
    from hrtp.contracts import load_contracts
    from hrtp.raw import RawZone

    zone = RawZone(settings, load_contracts(PROJECT))
    manifests = zone.manifests(zone.version())
    return len(manifests), sum(m.rows_loaded for m in manifests)


def test_I14_metadata_database_is_down_and_comes_back(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"postgresql+psycopg2://hrtp:secretword@127.0.0.1:{free_port()}/airflow"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", address)
    (finding,) = examine_airflow(machine.settings)
    assert finding.code == "AIRFLOW_DB"
    assert "secretword" not in f"{finding.what} {finding.way_out}"
    # the figures serve on, and a step that is run twice when the scheduler is back changes nothing
    assert machine.serves() == machine.content_id
    settings = machine.settings
    again = [deliver_again(settings) for _ in range(2)]
    assert again == [[], []]


def deliver_again(settings: Settings) -> list[str]:
    """The night's task of the bystander, once more: what it brings that is new."""
    assert settings.exports is not None
    for (source, name), text in quiet_night("20260930").items():
        path = settings.exports / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        bystander = source
    return [m.file_name for m in ingest(source_config(bystander, settings), settings).new]


def test_I15_database_of_the_bi_tool_is_down_at_publication(machine: Machine) -> None:
    with running_postgres() as postgres:
        dsns = {"postgres_dsn": SecretStr(postgres.dsn("bi_publisher"))}
        settings = machine.settings.model_copy(update=dsns)

        def dashboards() -> tuple[object, ...]:
            query = "select (select content_id from published_night), (select max(as_of_date) from indicator_values)"
            return postgres.rows(query)[0]

        publish_to_postgres(settings)
        june = dashboards()
        postgres.stop()
        new = publish(settings)
        with pytest.raises(BiPublishFailed, match="cannot be reached") as failure, recorded(settings, PUBLISH_BI):
            publish_to_postgres(settings)
        assert str(postgres.port) not in str(failure.value)
        # the night is published all the same, and people are told what is missing of it
        assert (new.changed, machine.serves()) == (True, new.content_id)
        assert "BI_PUBLISH_FAILED" in {alert.code for alert in collect(settings)}
        postgres.start()
        assert dashboards() == june
        # the copy alone is tried again
        assert publish_to_postgres(settings).changed
        assert dashboards() == (new.content_id, SEPTEMBER) != june


def test_I16_clock_jumps_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    instants = [datetime(2026, 10, 1, 12, tzinfo=UTC), datetime(2026, 9, 30, 3, tzinfo=UTC)]
    for number, instant in enumerate(instants, 7):
        monkeypatch.setattr(landing_zone, "_now", lambda instant=instant: instant)
        world.drop("services_20260929.csv", services_csv(count=number))
        assert world.ingest().state == "ok"
    newest = max(world.manifests(entity="services"), key=lambda m: (m.data_through_date, m.source_sequence))
    # what came last is the newest, though the clock says that it came a day earlier
    assert (newest.rows_loaded, newest.received_at) == (8, instants[1])
    assert "CLOCK_REGRESS" in codes(examine_clock(world.settings, instants[0]))
    assert "CLOCK_BEHIND" in codes(examine_clock(world.settings, instants[1] - timedelta(days=3)))


def test_I18_reader_holds_the_marts_open_while_they_are_swapped(machine: Machine) -> None:
    query = "select as_of_date, count(*) from marts.marts.indicator_values group by all"
    with duckdb.connect(str(machine.marts), read_only=True) as reader:
        before = reader.execute(query).fetchall()
        assert machine.publish() != machine.content_id
        assert reader.execute(query).fetchall() == before
    with duckdb.connect(str(machine.marts), read_only=True) as reader:
        ((as_of, _),) = reader.execute(query).fetchall()
    assert as_of == SEPTEMBER != before[0][0]


@pytest.fixture(scope="module")
def drill(original: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An empty machine, given the copy of the landing zone and the key, and nothing else."""
    folder = tmp_path_factory.mktemp("drill")
    settings = deploy(folder)
    assert adopt_landing(settings, original.home / "landing") > 20
    with parsed_once():
        result = restore(settings, SEPTEMBER)
    return Machine(folder, result.content_id, phases.marts_digest(settings.warehouse / "hrtp.duckdb"))


def test_I19_golden_marts_after_an_upgrade(machine: Machine, drill: Machine) -> None:
    # the golden hash of a home is that of its marts; what another release builds from the same landing must meet it
    assert drill.digest == machine.digest
    assert drill.content_id == machine.publish()


def test_I25_restore_drill_on_an_empty_machine(machine: Machine, drill: Machine, tmp_path: Path) -> None:
    def landed(home: Path) -> dict[str, bytes]:
        return {str(p.relative_to(home)): p.read_bytes() for p in (home / "landing").rglob("*") if len(p.name) == 64}

    assert landed(drill.home) == landed(machine.home)
    assert machine.publish() == drill.serves()
    ours, theirs = (sorted((m.marts.parent / "parquet").glob("*.parquet")) for m in (machine, drill))
    assert [p.name for p in ours] == [p.name for p in theirs]
    assert [p.read_bytes() for p in ours] == [p.read_bytes() for p in theirs]
    # without its key it makes no new one: everybody would be somebody else
    keyless = deploy(tmp_path / "keyless").model_copy(update={"person_key": None})
    adopt_landing(keyless, machine.home / "landing")
    with pytest.raises(RestoreFailed, match="HRTP_PERSON_KEY"):
        restore(keyless, SEPTEMBER)


@pytest.fixture
def altered(world: World) -> Iterator[Path]:
    """A landed file of which somebody changed a byte; mended in the end."""
    world.drop("services_20260930.csv", services_csv(count=8))
    assert world.ingest().state == "ok"
    sha256 = world.manifest("services_20260930.csv").file_sha256
    path = world.settings.landing / FAULTY / sha256
    good = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(good.replace(b"housing", b"legal  ", 1))
    path.chmod(0o400)
    yield path
    path.chmod(0o600)
    path.write_bytes(good)
    path.chmod(0o400)


def test_I20_landed_file_altered_afterwards(world: World, altered: Path) -> None:
    (finding,) = [f for f in audit_landing(world.settings) if f.severity == "error"]
    assert (finding.code, finding.where) == ("TAMPERED", f"landing/{FAULTY}/{altered.name}")
    told = [alert for alert in collect(world.settings) if alert.code == "TAMPERED"]
    assert [alert.source for alert in told] == [FAULTY]
    # the rows that loaded stand; nothing is ever read from it again
    assert world.counts("services_20260930.csv") == (8, 8, 0, 0, 0)
    landing = landing_zone.Landing(world.settings.landing, FAULTY)
    (landed,) = [file for file in landing.files() if file.sha256 == altered.name]
    with pytest.raises(HrtpError) as refused:
        landing.read(landed)
    assert refused.value.code == "TAMPERED"
    assert codes(audit_landing(world.settings)) == {"TAMPERED"}
    assert BYSTANDER not in {alert.source for alert in told}


def test_I21_wrong_or_missing_pseudonym_key(machine: Machine) -> None:
    before = machine.warehouse.read_bytes()
    for key, says in (("w" * 64, "count twice"), (None, "is not set"), ("short", "shorter than")):
        settings = machine.settings.model_copy(update={"person_key": key and type(machine.settings.person_key)(key)})
        with pytest.raises(SettingsError, match=says):
            build_warehouse(settings, SEPTEMBER)
        assert codes(examine_key(settings)) & {"KEY_WRONG", "KEY_MISSING"}
    assert machine.warehouse.read_bytes() == before
    assert machine.serves() == machine.content_id


def test_I22_alert_channel_is_down(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrtp.alerts.channels.WAIT_SECONDS", 0.01)
    monkeypatch.setattr("hrtp.alerts.heartbeat.WAIT_SECONDS", 0.01)
    secret = type(machine.settings.person_key)
    with web_server() as monitor, web_server() as channel:
        up = machine.settings.model_copy(
            update={"heartbeat_url": secret(monitor.url), "alert_webhook": secret(channel.url)}
        )
        down = up.model_copy(update={"alert_webhook": secret(f"http://127.0.0.1:{free_port()}/T0KEN")})
        with pytest.raises(AlertsFailed) as failure:
            tell(down, published=True)
        # the monitor outside hears nothing, and speaks in its place; the log has all of it
        assert monitor.got == []
        assert "T0KEN" not in str(failure.value)
        assert (machine.home / "logs" / "alerts" / "alerts.jsonl").read_text().count("\n") > 3
        report = tell(up, published=True)
        assert (report.ok, len(monitor.got)) == (True, 1)
        assert len(channel.posted) == report.sent["webhook"] if "webhook" in report.sent else channel.posted


def test_I23_seed_or_contract_edited_wrongly(machine: Machine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for part in ("sources", "expectations", "identity", "dbt_project", "seeds"):
        shutil.copytree(PROJECT / part, project / part, ignore=shutil.ignore_patterns("target", "logs"))
    settings = deploy(machine.folder, project)
    before = fork_counts(settings)
    contract = project / "expectations" / "services.yml"
    good = contract.read_text()
    contract.write_text(good.replace("required: true", "requierd: true", 1))
    with pytest.raises(HrtpError, match=r"services\.yml"):
        deliver_again(settings)
    contract.write_text(good)
    source = project / "sources" / "technology.yml"
    good = source.read_text()
    source.write_text(good + "colour: red\n")
    with pytest.raises(SourceConfigError, match="technology"):
        deliver_again(settings)
    source.write_text(good)
    seed = project / "seeds" / "sectors.csv"
    seed.write_text(seed.read_text() + "construction,again,7\n")
    with parsed_once(project), pytest.raises(BuildFailed):
        build_warehouse(settings, SEPTEMBER)
    assert fork_counts(settings) == before
    assert phases.marts_digest(machine.warehouse) == machine.digest
    assert machine.serves() == machine.content_id


def test_I24_inodes_space_or_logs_run_out(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(examine_room(machine.settings)) == set()
    log = machine.home / "logs" / "old.log"
    with log.open("wb") as handle:
        handle.truncate(2 * 1024**3)  # a hole: it takes no space here
    assert codes(examine_room(machine.settings)) == {"LOG_GROWTH"}
    log.unlink()
    disk = os.statvfs(machine.home)
    few = os.statvfs_result([*disk[:7], 10, *disk[8:]])
    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda _: few)
        assert "INODES" in codes(examine_room(machine.settings))
    usage = type(shutil.disk_usage("/"))(10**12, 10**12 - 4096, 4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "DISK_SPACE" in codes(examine_room(machine.settings))
    assert "LOW_DISK" in {alert.code for alert in collect(machine.settings)}
