"""What forgetting does to landing, killed at every instant of it; and that a verdict on others' rows never turns."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

import hrtp.forget.run
import hrtp.rotate
import hrtp.steps
from hrtp.errors import SettingsError
from hrtp.forget import NotFoundError, finish, forget
from hrtp.identity import load_person_key
from hrtp.ingest import ingest, source_config
from hrtp.landing import Landing
from hrtp.raw import Manifest
from hrtp.redaction import Suppression
from hrtp.rotate import rotate_key
from hrtp.settings import Settings, load_settings
from tests.privacy.people import HEADER, canary, needles
from tests.unit.reading_world import services
from tests.unit.test_ingest import Desk

WHO, OTHER = canary(1), canary(2)
STEPS = ("staged", "planned", "suppressed", "file_replaced", "landing_done", "rebuilt", "logged")


class Killed(BaseException):
    """Ends the run as a kill would: nothing after the step is done."""


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str, nth: int = 1) -> None:
    seen = Counter[str]()

    def hook(step: str) -> None:
        seen[step] += 1
        if (step, seen[step]) == (name, nth):
            raise Killed

    monkeypatch.setattr(hrtp.steps, "_hook", hook)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A partner with four files of eight people, taken in once for all tests."""
    folder = tmp_path_factory.mktemp("night")
    desk = Desk(folder)
    people = [canary(number) for number in range(8)]
    desk.drop("participants_20260831.csv", "\n".join([HEADER, *(p.row() for p in people)]) + "\n")
    desk.drop("participants_20260930.csv", "\n".join([HEADER, *(p.row(zip="90012") for p in people)]) + "\n")
    desk.drop("services_20260930.csv", services(*(f"S{i},{p.own},housing,2026-05-01,1" for i, p in enumerate(people))))
    desk.drop("partners_20260930.csv", f'partner_id\n"{WHO.first} {WHO.last} {WHO.own}')
    desk.ingest()
    return folder


@pytest.fixture
def desk(first_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """That partner, for one test; what stands behind landing is not looked at here."""
    monkeypatch.setattr(hrtp.forget.run, "restore", lambda settings, as_of, progress: None)
    shutil.copytree(first_night, tmp_path / "desk")
    return Desk(tmp_path / "desk")


def go(desk: Desk) -> None:
    forget("construction", WHO.own, desk.settings, why="request 1", by="desk")


def state(settings: Settings) -> dict[str, bytes]:
    """Everything in the source's landing, by name."""
    folder = settings.landing / "construction"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


@pytest.mark.parametrize(("step", "nth"), [(s, n) for s in STEPS for n in ((1, 3) if s == "file_replaced" else (1,))])
@pytest.mark.parametrize("again", ["the same command", "any other"])
def test_killed_at_any_instant_it_ends_in_the_same_landing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, nth: int, again: str
) -> None:
    kill_at(monkeypatch, f"forget.{step}", nth)
    with pytest.raises(Killed):
        go(desk)
    monkeypatch.setattr(hrtp.steps, "_hook", None)
    has_begun = step != "staged"
    if again == "any other":
        assert finish(desk.settings) is has_begun
        assert not finish(desk.settings)
    if again == "the same command" or not has_begun:
        go(desk)
    suppression = Suppression(desk.settings.landing)
    (entry,) = suppression.entries()
    assert (entry["files"], entry["files_removed"], entry["rows"]) == (4, 1, 3)
    assert sorted(p.name for p in suppression.folder.iterdir()) == [
        ".lock",
        "log.jsonl",
        "replaced.jsonl",
        "salt",
        "suppressed.jsonl",
    ]
    assert {"phone 0", "state id 0"} & needles(WHO).in_bytes(b"".join(state(desk.settings).values())) == set()
    landing = Landing(desk.settings.landing, "construction")
    assert [f.file_name for f in landing.files()] == [
        "participants_20260831.csv",
        "participants_20260930.csv",
        "partners_20260930.csv",
        "services_20260930.csv",
    ]
    assert {f.sha256 for f in landing.files()} == {sha for b in landing.ledger.batches() for sha in b.files}
    assert all(landing.read(f) for f in landing.files())
    if step == "landing_done":
        assert desk.ingest().redelivered == 4


def forgotten_and_rebuilt(desk: Desk, *rows: str) -> tuple[Manifest, Manifest]:
    """What became of healthcare's services, and what a restore makes of them without the person."""
    desk.drop("services_20260930.csv", services(*rows), "healthcare")
    desk.ingest("healthcare")
    (before,) = [m for m in desk.zone.manifests(desk.zone.version()) if m.source == "healthcare"]
    forget("healthcare", WHO.own, desk.settings, why="request 2", by="desk")
    for zone in (desk.settings.raw, desk.settings.quarantine):
        shutil.rmtree(zone)
    ingest(source_config("healthcare", desk.settings), desk.settings, pull=False)
    (after,) = desk.zone.manifests(desk.zone.version())
    return before, after


def test_a_file_that_loaded_stays_loaded_although_its_share_of_bad_rows_grows(desk: Desk) -> None:
    good = [f"T{i},{WHO.own if i == 0 else OTHER.own},housing,2026-05-01,1" for i in range(57)]
    before, after = forgotten_and_rebuilt(desk, *good, *(f"X{i},{OTHER.own},yacht,2026-05-01,1" for i in range(3)))
    assert (before.state, before.rows_loaded, before.rows_quarantined) == ("loaded", 57, 3)
    assert (after.state, after.rows_loaded, after.rows_quarantined, after.rows_blank) == ("loaded", 56, 3, 1)


def test_a_held_file_stays_held_although_the_bad_row_that_tipped_it_is_gone(desk: Desk) -> None:
    good = [f"T{i},{OTHER.own},housing,2026-05-01,1" for i in range(60)]
    bad = [f"X{i},{WHO.own if i == 0 else OTHER.own},yacht,2026-05-01,1" for i in range(4)]
    before, after = forgotten_and_rebuilt(desk, *good, *bad)
    assert (before.state, before.reason) == ("held", "HELD_QUARANTINE_SHARE")
    assert (after.state, after.reason, after.detail) == (before.state, before.reason, before.detail)


def test_an_export_of_nobody_else_stays_loaded_and_empty(desk: Desk) -> None:
    before, after = forgotten_and_rebuilt(desk, f"S1,{WHO.own},housing,2026-05-01,1")
    assert (before.state, before.rows_loaded) == ("loaded", 1)
    assert (after.state, after.rows_in, after.rows_loaded, after.rows_blank) == ("loaded", 1, 0, 1)


def test_two_exports_that_differed_in_this_person_alone_stay_two_files(desk: Desk) -> None:
    desk.drop("participants_20260915.csv", "\n".join([HEADER, WHO.row(), OTHER.row()]) + "\n")
    desk.drop("participants_20260916.csv", "\n".join([HEADER, WHO.row(zip="90013"), OTHER.row()]) + "\n")
    desk.ingest()
    go(desk)
    landing = Landing(desk.settings.landing, "construction")
    days = {"participants_20260915.csv", "participants_20260916.csv"}
    two = [landing.read(f) for f in landing.files() if f.file_name in days]
    assert len(two) == 2
    assert [data.split() for data in two] == [two[0].split()] * 2
    assert two[0] != two[1]


def test_an_unknown_id_is_not_found_and_nothing_is_changed(desk: Desk) -> None:
    before = state(desk.settings)
    with pytest.raises(NotFoundError) as failure:
        forget("construction", "nobody-77", desk.settings, why="request 4", by="desk")
    assert "nobody-77" not in str(failure.value)
    assert state(desk.settings) == before


def test_an_embedded_key_rotates_and_a_kill_between_its_files_is_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Published:
        content_id = "x"

    monkeypatch.setattr(hrtp.rotate, "build_warehouse", lambda *_: None)
    monkeypatch.setattr(hrtp.rotate, "publish", lambda *_: Published)
    monkeypatch.setattr(hrtp.rotate, "drop_old_versions", lambda *_: None)
    settings = load_settings(home=tmp_path / "home", project=Desk(tmp_path).settings.project)
    first = load_person_key(settings).fingerprint
    for step in ("planned", "switched", "key_in_place", "built"):
        before = load_person_key(settings).fingerprint
        kill_at(monkeypatch, f"rotation.{step}")
        with pytest.raises(Killed):
            rotate_key(settings)
        monkeypatch.setattr(hrtp.steps, "_hook", None)
        assert (load_person_key(settings).fingerprint == before) is (step == "planned")
        done = rotate_key(settings)
        assert (done.old, load_person_key(settings).fingerprint) == (before, done.new)
        assert sorted(p.name for p in settings.identity.iterdir() if not p.name.startswith(".")) == [
            "person_key",
            "person_key.fingerprint",
        ]
    assert load_person_key(settings).fingerprint != first


@pytest.mark.parametrize(
    ("new", "says"), [(None, "HRTP_PERSON_KEY_NEW is not set"), ("short", "shorter than 32"), ("k" * 64, "in force")]
)
def test_a_rotation_refuses_a_new_key_that_is_none(tmp_path: Path, new: str | None, says: str) -> None:
    settings = load_settings(home=tmp_path / "home", person_key="k" * 64, person_key_new=new)
    load_person_key(settings)
    with pytest.raises(SettingsError, match=says) as failure:
        rotate_key(settings)
    assert "openssl rand" in str(failure.value)
    assert load_person_key(settings).secret == b"k" * 64
