"""The restore drill: landing, code and key on an empty machine give the same marts, byte for byte."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import hrtp.restore
from hrtp import steps
from hrtp.build import build_warehouse
from hrtp.cli import app
from hrtp.holds import decide, list_held
from hrtp.identity.decision import RecordId, Verdict
from hrtp.identity.decisions import Decisions
from hrtp.ingest import ingest, source_config
from hrtp.landing import file_sha256
from hrtp.publish import publish
from hrtp.raw import Manifest, RawZone
from hrtp.restore import RestoreFailed, adopt_landing, restore
from hrtp.samples import generate
from hrtp.settings import Settings, load_settings
from tests.county import AS_OF
from tests.parsed import parsed_once
from tests.unit.desk import Desk, export
from tests.unit.reading_world import CONTRACTS

SOURCES = ("construction", "creative_economy", "healthcare", "technology")
KEY = "r" * 64
#: What a steward said of two people, one word after the other.
VERDICTS: tuple[Verdict, ...] = ("merge", "apart", "merge")


@dataclass
class Original:
    settings: Settings
    content_id: str


def marts(settings: Settings) -> dict[str, str]:
    return {path.name: file_sha256(path) for path in sorted((settings.published / "parquet").glob("*.parquet"))}


def manifests(settings: Settings) -> list[Manifest]:
    zone = RawZone(settings, CONTRACTS)
    return zone.manifests(zone.version())


def snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file below ``folder`` with its time of change and its bytes; locks aside."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, file_sha256(path))
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def deliver(exports: Path, samples: Path, pattern: str) -> None:
    for path in sorted(samples.glob(pattern)):
        target = exports / path.relative_to(samples)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def night(settings: Settings) -> None:
    for source in SOURCES:
        ingest(source_config(source, settings), settings)


def some_participants(settings: Settings) -> list[str]:
    """Two who are not one person by any key."""
    zone = RawZone(settings, CONTRACTS)
    tables = [pq.read_table(path) for path in zone.files("participants", zone.version())]
    rows = [row for table in tables for row in table.to_pylist() if row["_source"] == "healthcare"]
    return sorted({row["participant_id"] for row in rows})[:2]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Four nights: in time, then late and corrected, then out of order and held, then an operator's words."""
    folder = tmp_path_factory.mktemp("original")
    samples, exports = folder / "samples", folder / "exports"
    generate(samples, scale=1, seed=1)
    settings = load_settings(home=folder / "home", exports=exports, as_of=AS_OF, person_key=KEY)
    for pattern in ("construction/*_20260831.csv", "creative_economy/*_20260331.csv", "healthcare/*", "technology/*"):
        deliver(exports, samples, pattern)
    night(settings)
    deliver(exports, samples, "construction/*_20260930.csv")
    deliver(exports, samples, "creative_economy/*_20260930.csv")
    night(settings)
    services = exports / "construction" / "services_20260930.csv"
    corrected = services.read_text().splitlines(keepends=True)
    services.write_text("".join(corrected[:-1]))
    (exports / "construction" / "programs_20260815.csv").write_bytes(
        (samples / "construction" / "programs_20260831.csv").read_bytes() + b"\n"
    )
    deliver(exports, samples, "creative_economy/*_20260630.csv")
    deliver(exports, samples, "creative_economy/*_20260831.csv")
    shutil.copy(services, exports / "healthcare" / "services_20260930.csv")
    placements = samples / "technology" / "Job_Placements_20260930.csv"
    short = placements.read_text().splitlines(keepends=True)
    (exports / "technology" / "Job_Placements_20260930.csv").write_text("".join(short[: len(short) // 3]))
    night(settings)
    for held in {h.file_sha256: h for h in list_held(settings)}.values():
        decide(settings, held.file_sha256, "approve", why="the partner confirmed it", by="A. Clerk")
    night(settings)
    two = [RecordId("healthcare", "participant", own) for own in some_participants(settings)]
    for verdict in VERDICTS:
        Decisions(settings.landing).add(*two, verdict, why="the steward called", by="R. Steward", seen="")
    with parsed_once():
        build_warehouse(settings, AS_OF)
    return Original(settings, publish(settings).content_id)


def test_a_copy_of_landing_and_the_key_gives_the_same_marts_byte_for_byte(original: Original, tmp_path: Path) -> None:
    outcomes = {(m.state, m.reason) for m in manifests(original.settings)}
    assert {("rejected", "OUT_OF_ORDER"), ("rejected", "CROSS_SOURCE_DUPLICATE"), ("loaded", None)} <= outcomes
    decisions = list(original.settings.landing.glob("*/decisions/*.json"))
    assert decisions
    empty = load_settings(home=tmp_path / "home", person_key=KEY)
    adopt_landing(empty, original.settings.landing)
    before = snapshot(empty.landing)
    with parsed_once():
        result = restore(empty, AS_OF)
    assert manifests(empty) == manifests(original.settings)
    assert result.content_id == original.content_id
    assert len(marts(empty)) > 20
    assert marts(empty) == marts(original.settings)
    for name in ("record_keys.parquet", "pairs.parquet", "key_changes.parquet"):
        assert file_sha256(empty.identity / name) == file_sha256(original.settings.identity / name), name
    assert [d.verdict for d in Decisions(empty.landing).all()] == list(VERDICTS)
    told = pq.read_table(empty.published / "parquet" / "dim_participant_merge.parquet").to_pylist()
    assert "merge" in {row["kind"] for row in told}
    assert snapshot(empty.landing) == before == snapshot(original.settings.landing)
    assert not (empty.home / hrtp.restore.WORKSHOP).exists()
    assert [path.name for path in (empty.published / "versions").iterdir()] == [result.content_id]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Two landed files; figures are not built, since it is the raw zone that is asked about."""
    desk = Desk(tmp_path)
    desk.settings = load_settings(home=desk.settings.home, exports=desk.exports, as_of=AS_OF, person_key=KEY)
    desk.drop("services_20260901.csv", export("S1", "S2"))
    desk.ingest()
    desk.drop("services_20260930.csv", export("S1", "S2", "S3"))
    desk.ingest()
    monkeypatch.setattr(hrtp.restore, "build_warehouse", lambda *_: None)
    monkeypatch.setattr(hrtp.restore, "drop_old_versions", lambda _: None)
    monkeypatch.setattr(hrtp.restore, "publish", lambda _: type("Published", (), {"content_id": "none"}))
    return desk


def rows(desk: Desk) -> list[tuple[str, int]]:
    return sorted(desk.rows()[["_file_sha256", "_row_number"]].itertuples(index=False, name=None))


def test_lost_and_damaged_zones_come_back_as_they_were(desk: Desk) -> None:
    before = manifests(desk.settings), rows(desk)
    for path in desk.settings.raw.rglob("*.parquet"):
        path.write_bytes(b"rot")
    shutil.rmtree(desk.settings.quarantine)
    restore(desk.settings, AS_OF)
    assert (manifests(desk.settings), rows(desk)) == before
    assert {(desk.settings.home / zone).stat().st_mode & 0o777 for zone in ("raw", "quarantine")} == {0o700}


INSTANTS = ["built_beside", "quarantine_away", "quarantine_in", "raw_away", "raw_in", "swapped"]


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_kill_leaves_what_a_night_and_another_restore_both_mend(
    desk: Desk, instant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kill(BaseException):
        pass

    def at(name: str) -> None:
        if name == f"restore.{instant}":
            raise Kill

    before = manifests(desk.settings), rows(desk)
    monkeypatch.setattr(steps, "_hook", at)
    with pytest.raises(Kill):
        restore(desk.settings, AS_OF)
    monkeypatch.setattr(steps, "_hook", None)
    desk.ingest()
    assert (manifests(desk.settings), rows(desk)) == before
    restore(desk.settings, AS_OF)
    assert (manifests(desk.settings), rows(desk)) == before
    assert not (desk.settings.home / hrtp.restore.WORKSHOP).exists()


def test_a_file_that_lands_during_a_restore_is_in_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = [export("S1", "S2", "S3", "S4")]

    def at(name: str) -> None:
        if name == "restore.built_beside" and arrivals:
            desk.drop("services_20260930_02.csv", arrivals.pop())
            desk.ingest()

    monkeypatch.setattr(steps, "_hook", at)
    restore(desk.settings, AS_OF)
    assert arrivals == []
    assert sorted(m.rows_loaded for m in manifests(desk.settings)) == [2, 3, 4]


def test_a_changed_byte_in_landing_stops_the_restore_before_anything_changes(desk: Desk) -> None:
    landed = next(p for p in desk.settings.landing.glob("construction/*") if len(p.name) == 64)
    landed.chmod(0o600)
    landed.write_bytes(landed.read_bytes().replace(b"S1", b"S9"))
    before = snapshot(desk.settings.raw)
    with pytest.raises(RestoreFailed, match="backup") as failure:
        restore(desk.settings, AS_OF)
    assert failure.value.code == "TAMPERED"
    assert snapshot(desk.settings.raw) == before


def test_without_the_key_or_without_landed_files_nothing_is_made_up(desk: Desk, tmp_path: Path) -> None:
    keyless = load_settings(home=desk.settings.home)
    (desk.settings.identity / "person_key").unlink(missing_ok=True)
    with pytest.raises(RestoreFailed, match="HRTP_PERSON_KEY"):
        restore(keyless, AS_OF)
    assert not (desk.settings.identity / "person_key").exists()
    with pytest.raises(RestoreFailed, match="--from"):
        restore(load_settings(home=tmp_path / "empty", person_key=KEY), AS_OF)


def test_a_backup_is_never_copied_over_landed_files_and_a_damaged_one_not_at_all(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(RestoreFailed, match="never overwritten"):
        adopt_landing(desk.settings, desk.settings.landing)
    backup = Path(shutil.copytree(desk.settings.landing, tmp_path / "backup"))
    next(backup.glob("construction/*.json")).unlink()
    fresh = load_settings(home=tmp_path / "fresh", person_key=KEY)
    next(p for p in backup.glob("construction/*") if len(p.name) == 64).unlink()
    with pytest.raises(RestoreFailed):
        adopt_landing(fresh, backup)
    assert list(fresh.landing.glob("*/*")) == []
    with pytest.raises(RestoreFailed, match="no landed file"):
        adopt_landing(fresh, tmp_path)


def test_the_command_takes_a_backup_and_says_what_it_did(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HRTP_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("HRTP_PERSON_KEY", KEY)
    done = CliRunner().invoke(app, ["restore", "--from", str(desk.settings.landing), "--as-of", "2026-09-30"])
    assert done.exit_code == 0, done.output
    assert '"tables_loaded": 2' in done.output
    assert manifests(load_settings(home=tmp_path / "other")) == manifests(desk.settings)
