"""Each thing broken in turn: the doctor names that one and no other, and what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from hrtp.build import WAREHOUSE_FILE
from hrtp.cli import app
from hrtp.doctor import Finding, audit_landing, examine, findings_table
from hrtp.duck import open_duckdb
from hrtp.identity import load_person_key
from hrtp.identity.decision import RecordId
from hrtp.identity.decisions import Decisions
from hrtp.landing import file_sha256
from hrtp.publish import publish
from hrtp.raw import RawZone
from hrtp.seals import SEALS, seal_all
from hrtp.settings import Settings, load_settings
from tests.unit.desk import AS_OF, Desk
from tests.unit.reading_world import CONTRACTS, services

KEY = "d" * 64


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after two nights: rows, quarantine, a warehouse of one mart, published twice, Airflow's database."""
    folder = tmp_path_factory.mktemp("doctor")
    desk = Desk(folder)
    desk.settings = load_settings(home=folder / "home", exports=desk.exports, as_of=AS_OF, person_key=KEY)
    rows = [f"S{i},P1,housing,2026-05-01,{i}" for i in range(400)]
    desk.drop("services_20260901.csv", services(*rows[:300]))
    desk.ingest()
    desk.drop("services_20260930.csv", services(*rows, "SX,P1,yacht,2026-05-01,1"))
    assert [m.state for m in desk.ingest().new] == ["loaded"]
    same = (desk.exports / "construction" / "services_20260930.csv").read_text()
    desk.drop("services_20261001.csv", same)
    desk.ingest()
    load_person_key(desk.settings)
    for own in ("P1", "P2"):
        one, other = RecordId("construction", "participant", own), RecordId("healthcare", "participant", own)
        Decisions(desk.settings.landing).add(one, other, "apart", why="seen", by="steward", seen="")
    zone = RawZone(desk.settings, CONTRACTS)
    seal_all(desk.settings, zone, zone.version())
    for number in (1, 2):
        path = desk.settings.warehouse / WAREHOUSE_FILE
        path.unlink(missing_ok=True)
        with open_duckdb(path) as connection:
            connection.execute("create schema marts")
            connection.execute(
                f"create table marts.figures as select range as n, md5(range::varchar) as t, {number} as night "
                "from range(20000)"
            )
        publish(desk.settings)
    with sqlite3.connect(desk.settings.home / "airflow" / "airflow.db") as metadata:
        metadata.execute("create table alembic_version (version_num text)")
        metadata.execute("insert into alembic_version values ('x')")
    metadata.close()
    return desk.settings.home


@pytest.fixture
def home(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # another test of this process may have set up an Airflow of its own
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    shutil.copytree(sound, tmp_path / "home", symlinks=True)
    return load_settings(home=tmp_path / "home", person_key=KEY)


def landed(home: Settings) -> Path:
    return max((p for p in home.landing.glob("construction/*") if len(p.name) == 64), key=lambda p: p.stat().st_size)


def flip(path: Path, at: int | None = None) -> None:
    """Flip one bit, in the middle unless told."""
    mode = path.stat().st_mode
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 0x10
    path.write_bytes(data)
    path.chmod(mode)


def rewrite(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    mode = path.stat().st_mode
    path.chmod(0o600)
    path.write_text(json.dumps(document))
    path.chmod(mode)


def table_file(home: Settings, zone: str = "raw/services") -> Path:
    return max((home.home / zone).glob("*.parquet"), key=lambda p: p.stat().st_size)


def sidecar(home: Settings) -> Path:
    return landed(home).with_suffix(".json")


def word(home: Settings) -> Path:
    """A steward's first decision."""
    return home.landing / ".identity" / "decisions" / "000001.json"


def foreign(home: Settings) -> None:
    path = home.warehouse / WAREHOUSE_FILE
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("create table marts (a)")
    other.close()


def martless(home: Settings) -> None:
    path = home.warehouse / WAREHOUSE_FILE
    path.unlink()
    with duckdb.connect(str(path)) as other:
        other.execute("create table people as select 1 as a")


def damage_warehouse(home: Settings) -> None:
    path = home.warehouse / WAREHOUSE_FILE
    flip(path, path.stat().st_size // 2)


def miscount(home: Settings, zone: str, field: str) -> None:
    """Change a count in the last commit that loaded a file."""
    for log in sorted((home.home / zone / "_delta_log").glob("*.json"), reverse=True):
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        for line in lines:
            if "hrtp_manifest" in line.get("commitInfo", {}):
                manifest = json.loads(line["commitInfo"]["hrtp_manifest"])
                if manifest["state"] != "loaded":
                    continue
                manifest[field] += 1
                if field != "rows_in":
                    manifest["rows_in"] += 1
                line["commitInfo"]["hrtp_manifest"] = json.dumps(manifest)
                log.write_text("\n".join(map(json.dumps, lines)) + "\n")
                return
    raise AssertionError("no manifest")


def unseal(home: Settings, zone: str) -> Path:
    """As before the first build: without a seal it is the file itself that must show its damage."""
    (home.home / zone / SEALS).unlink()
    return table_file(home, zone)


def stale_link(home: Settings) -> None:
    (home.published / "marts.duckdb").unlink()
    (home.published / "marts.duckdb").symlink_to("/etc/hostname")


def old_version(home: Settings) -> Path:
    now = (home.published / "current").resolve()
    return next(v for v in (home.published / "versions").iterdir() if v != now)


def decision(home: Settings) -> None:
    folder = home.landing / "construction" / "decisions"
    folder.mkdir()
    (folder / "000001.json").write_text(json.dumps({"number": 1, "after_batch": 9, "file_sha256": landed(home).name}))


def link_zone(home: Settings) -> None:
    home.feedback.rename(home.home / "away")
    home.feedback.symlink_to(home.home / "away")


def strange_verdict(home: Settings) -> None:
    folder = home.landing / "construction" / "verdicts"
    folder.mkdir()
    (folder / f"{'a' * 64}.json").write_text("{}")


def torn_note(home: Settings) -> None:
    (note,) = home.landing.glob("construction/*.again")
    note.chmod(0o600)
    note.write_text("")


def unwritten(home: Settings) -> None:
    (home.landing / "construction" / "batches" / "000003.json").unlink()


Break = Callable[[Settings], object]
BREAKS: dict[str, tuple[Break, str, str]] = {
    "a steward's decision that is no longer one": (
        lambda h: rewrite(word(h), lambda d: d.update(verdict="perhaps")), "IDENTITY_DECISION", "000001.json",
    ),
    "a steward's decision that is gone": (lambda h: word(h).unlink(), "IDENTITY_DECISION", ".identity/decisions"),
    "a steward's decision that others may read": (lambda h: word(h).chmod(0o440), "PERMISSIONS", "000001.json"),
    "stewards' decisions that others may list": (
        lambda h: word(h).parent.chmod(0o750), "PERMISSIONS", ".identity/decisions",
    ),
    "a stranger among stewards' decisions": (
        lambda h: (word(h).parent / "notes.txt").write_text("x"), "LANDING_STRANGER", "notes.txt",
    ),
    "a bit in a landed file": (lambda h: flip(landed(h)), "TAMPERED", "landing/construction/"),
    "a landed file that is gone": (lambda h: landed(h).unlink(), "LANDING_MISSING", "landing/construction/"),
    "a sidecar of another file": (
        lambda h: rewrite(sidecar(h), lambda d: d.update(sha256="0" * 64)), "LANDING_SIDECAR", ".json",
    ),
    "a sidecar with another size": (
        lambda h: rewrite(sidecar(h), lambda d: d.update(size=1)), "LANDING_SIDECAR", ".json",
    ),
    "a landed file that can be written": (lambda h: landed(h).chmod(0o600), "LANDING_WRITABLE", "landing/"),
    "a claim that is gone": (
        lambda h: (h.landing / ".claims" / landed(h).name).unlink(), "LANDING_CLAIM", "landing/",
    ),
    "a batch cut off": (
        lambda h: (h.landing / "construction/batches/000003.json").chmod(0o600)
        or (h.landing / "construction/batches/000003.json").write_text("{"),
        "LANDING_BATCH", "batches/000003.json",
    ),
    "a batch that is gone": (unwritten, "LANDING_UNJUDGED", "landing/construction/"),
    "an operator's word on a night to come": (decision, "LANDING_DECISION", "decisions/000001.json"),
    "a verdict on a file that never landed": (strange_verdict, "LANDING_VERDICT", "verdicts/"),
    "a note of bytes that came again": (torn_note, "LANDING_AGAIN", ".again"),
    "a link in landing": (
        lambda h: (h.landing / "construction" / ("e" * 64)).symlink_to("/etc/passwd"), "LANDING_STRANGER", "e" * 64,
    ),
    "a strange file in landing": (
        lambda h: (h.landing / "construction" / "notes.txt").write_text("x"), "LANDING_STRANGER", "notes.txt",
    ),
    "a bit in a sealed Parquet file": (lambda h: flip(table_file(h)), "DELTA_FILE_CHANGED", "raw/services/"),
    "an unsealed Parquet file cut short": (
        lambda h: os.truncate(unseal(h, "raw/services"), 900), "DELTA_FILE_DAMAGED", "raw/services/",
    ),
    "a Parquet file that is gone": (lambda h: table_file(h).unlink(), "DELTA_FILE_MISSING", "raw/services/"),
    "a bit in the quarantine": (
        lambda h: flip(table_file(h, "quarantine/rows")), "DELTA_FILE_CHANGED", "quarantine/rows/",
    ),
    "a commit that is gone": (
        lambda h: (h.raw / "services/_delta_log" / f"{1:020d}.json").unlink(), "DELTA_LOG", "raw/services/_delta_log",
    ),
    "a commit that is no JSON": (
        lambda h: (h.raw / "services/_delta_log" / f"{1:020d}.json").write_text("{"), "DELTA_LOG", "raw/services/",
    ),
    "a manifest that counts one row more": (
        lambda h: miscount(h, "raw/services", "rows_loaded"), "ROW_COUNT", "raw/services",
    ),
    "a manifest that counts one bad row more": (
        lambda h: miscount(h, "raw/services", "rows_quarantined"), "QUARANTINE_COUNT", "quarantine/rows",
    ),
    "a manifest that does not add up": (
        lambda h: miscount(h, "raw/services", "rows_in"), "RECONCILIATION", "raw/services",
    ),
    "a table that is gone": (lambda h: shutil.rmtree(h.raw / "pirl"), "RAW_MISSING", "raw/pirl"),
    "a bit in the warehouse": (damage_warehouse, "WAREHOUSE_DAMAGED", "warehouse/"),
    "a warehouse cut short": (
        lambda h: os.truncate(h.warehouse / WAREHOUSE_FILE, 50_000), "WAREHOUSE_DAMAGED", "warehouse/",
    ),
    "another database in its place": (foreign, "WAREHOUSE_FOREIGN", "warehouse/"),
    "a DuckDB file without marts": (martless, "WAREHOUSE_FOREIGN", "warehouse/"),
    "a stale log beside the warehouse": (
        lambda h: (h.warehouse / (WAREHOUSE_FILE + ".wal")).write_bytes(b"old"), "WAREHOUSE_WAL", "hrtp.duckdb.wal",
    ),
    "no warehouse": (lambda h: (h.warehouse / WAREHOUSE_FILE).unlink(), "WAREHOUSE_MISSING", "warehouse"),
    "a bit in a published Parquet file": (
        lambda h: flip(h.published / "parquet" / "figures.parquet"), "PUBLISHED_CHANGED", "figures.parquet",
    ),
    "a bit in the published DuckDB file": (
        lambda h: flip((h.published / "marts.duckdb").resolve()), "PUBLISHED_CHANGED", "marts.duckdb",
    ),
    "a published link that leads elsewhere": (stale_link, "PUBLISHED_LINK", "published/marts.duckdb"),
    "an old night with a changed file": (
        lambda h: flip(old_version(h) / "marts.duckdb"), "PUBLISHED_OLD", "published/versions/",
    ),
    "nothing published": (lambda h: (h.published / "current").unlink(), "NOT_PUBLISHED", "published"),
    "a restricted zone that others may read": (lambda h: h.landing.chmod(0o755), "PERMISSIONS", "landing"),
    "a published file that anybody may write": (
        lambda h: (h.published / "parquet" / "figures.parquet").chmod(0o666), "PERMISSIONS", "figures.parquet",
    ),
    "a zone that is a link": (
        link_zone, "ZONE_LINK", "feedback",
    ),
    "a download that was cut off": (
        lambda h: (h.landing / "construction/.x.part").write_bytes(b"x"), "LEFTOVER", "landing/construction/.x.part",
    ),
    "a candidate of a killed build": (
        lambda h: (h.warehouse / ".candidate").mkdir(), "LEFTOVER", "warehouse/.candidate",
    ),
    "a restore that was cut short": (lambda h: (h.home / ".restore").mkdir(), "RESTORE_CUT_SHORT", ".restore"),
    "Airflow's database overwritten": (
        lambda h: (h.home / "airflow/airflow.db").write_bytes(b"not a database" * 99), "AIRFLOW_DB", "airflow.db",
    ),
}  # fmt: skip


def examined(settings: Settings, **options: datetime) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in examine(settings, **options)]


def test_nothing_is_found_in_a_sound_home_and_nothing_is_changed(home: Settings) -> None:
    before = {p: (p.stat().st_mtime_ns, file_sha256(p)) for p in home.home.rglob("*") if p.is_file()}
    assert examine(home) == []
    assert {p: (p.stat().st_mtime_ns, file_sha256(p)) for p in home.home.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("what", BREAKS)
def test_exactly_what_is_broken_is_found(home: Settings, what: str) -> None:
    break_it, code, where = BREAKS[what]
    break_it(home)
    findings = examine(home)
    assert [finding.code for finding in findings] == [code], findings
    assert where in findings[0].where
    assert findings[0].way_out


def test_another_key_a_missing_key_and_a_key_that_others_may_read(home: Settings) -> None:
    assert examined(load_settings(home=home.home, person_key="e" * 64)) == [("KEY_WRONG", "identity/person_key")]
    keyless = load_settings(home=home.home)
    assert examined(keyless) == [("KEY_MISSING", "identity/person_key")]
    (home.identity / "person_key").write_text(KEY)
    (home.identity / "person_key").chmod(0o644)
    assert examined(keyless) == [("KEY_MODE", "identity/person_key")]


def test_a_clock_behind_the_newest_arrival_and_one_that_ran_backwards(home: Settings) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert examined(home, now=yesterday) == [("CLOCK_BEHIND", "clock")]
    first = min(home.landing.glob("construction/*.json"), key=lambda p: json.loads(p.read_text())["source_sequence"])
    later = datetime.now(UTC) + timedelta(hours=2)
    rewrite(first, lambda d: d.update(received_at=later.isoformat()))
    assert examined(home, now=later) == [("CLOCK_REGRESS", "landing/construction")]


def test_too_little_room_for_a_night(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1))
    assert examined(home) == [("DISK_SPACE", str(home.home))]


def test_a_database_server_that_is_away_is_named_without_its_address(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "postgresql+psycopg2://airflow:verysecret@127.0.0.1:1/airflow"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", address)
    (finding,) = examine(home)
    assert finding.code == "AIRFLOW_DB"
    assert "verysecret" not in str(finding)


def test_a_source_file_that_is_wrong_is_named(home: Settings, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sources").mkdir(parents=True)
    (project / "expectations").symlink_to(home.project / "expectations")
    (project / "sources" / "x.yml").write_text("source: [")
    assert examined(home.model_copy(update={"project": project})) == [("SOURCE_CONFIG", "sources")]


def test_two_things_at_once_are_two_findings_and_the_landing_audit_sees_its_own(home: Settings) -> None:
    flip(landed(home))
    flip(home.published / "parquet" / "figures.parquet")
    assert [code for code, _ in examined(home)] == ["PUBLISHED_CHANGED", "TAMPERED"]
    assert [finding.code for finding in audit_landing(home)] == ["TAMPERED"]


def test_a_damaged_published_file_is_mended_by_publishing_again(home: Settings) -> None:
    flip(home.published / "parquet" / "figures.parquet")
    result = publish(home)
    assert (result.changed, examine(home)) == (False, [])


@pytest.mark.parametrize(
    ("break_it", "exit_code"),
    [(lambda h: None, 0), (lambda h: landed(h).chmod(0o600), 3), (lambda h: flip(landed(h)), 1)],
    ids=["sound", "warned", "broken"],
)
def test_the_exit_code_says_how_bad_it_is(
    home: Settings, break_it: Break, exit_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRTP_HOME", str(home.home))
    monkeypatch.setenv("HRTP_PERSON_KEY", KEY)
    break_it(home)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == exit_code, done.output
    findings = json.loads(done.stdout)
    assert len(findings) == (exit_code != 0)
    assert all(set(finding) == {"code", "severity", "where", "what", "way_out"} for finding in findings)


def test_the_table_shows_a_path_with_brackets_as_it_is() -> None:
    from rich.console import Console

    screen = Console(width=200, record=True)
    screen.print(findings_table([Finding("X", "error", "landing/a [red]b", "gone", "copy it back")]))
    text = screen.export_text()
    assert "landing/a [red]b" in text
    assert "copy it back" in text


def test_a_home_that_is_not_there_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hrtp.errors import HrtpError

    with pytest.raises(HrtpError, match="HRTP_HOME") as failure:
        examine(load_settings(home=tmp_path / "nowhere"))
    assert failure.value.code == "NO_HOME"
