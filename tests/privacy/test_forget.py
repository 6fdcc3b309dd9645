"""`hrtp forget` from end to end: killed in the middle, finished by the next ingest, and nobody found afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from hrtp.build import build_warehouse
from hrtp.doctor import audit_landing
from hrtp.explain import explain
from hrtp.explain.page import write_drilldown
from hrtp.forget import find, forget
from hrtp.identity.decision import RecordId, Verdict
from hrtp.identity.decisions import Decisions
from hrtp.ingest import ingest, source_config
from hrtp.landing import Landing, file_sha256
from hrtp.publish import publish
from hrtp.raw import RawZone
from hrtp.redaction import ForgetUnfinished, Suppression
from hrtp.settings import Settings, load_settings
from hrtp.stewardship.book import write_book
from hrtp.stewardship.desk import open_desk
from hrtp.stewardship.review import review_list
from tests.canary import Needles
from tests.parsed import parsed_once
from tests.privacy.exports import AEROSPACE_ID, AJCC_ID, PEOPLE, STAYING, WHO, write
from tests.privacy.people import HEADER, Canary
from tests.unit.reading_world import CONTRACTS
from tests.unit.steward_world import unsure

#: Two builds take a minute; a busy machine may take ten.
pytestmark = pytest.mark.timeout(1800)
PROJECT = Path(__file__).resolve().parents[2]
AS_OF = date(2026, 9, 30)
SOURCES = ("aerospace", "ajcc_la_county", "construction")
KILLED = 137
#: Runs the command in its own process and ends it, as a kill would, at the named step.
KILL_AT = (
    "import os, sys, hrtp.steps; from hrtp.cli import main; step = sys.argv.pop(1);"
    f"hrtp.steps._hook = lambda name: os._exit({KILLED}) if name == step else None; main()"
)


def at_home(person: Canary) -> RecordId:
    return RecordId("construction", "participant", person.own)


WHO_AT_HOME = at_home(WHO)
#: Stewards' words: two about WHO, and one that was taken back about people who stay.
WORDS: tuple[tuple[RecordId, RecordId, Verdict, str], ...] = (
    (WHO_AT_HOME, RecordId("ajcc_la_county", "participant", AJCC_ID), "merge", f"{WHO.first} {WHO.last} came by"),
    (at_home(STAYING[8]), at_home(STAYING[9]), "merge", "same card"),
    (at_home(STAYING[8]), at_home(STAYING[9]), "apart", "it was another card"),
    (at_home(STAYING[2]), WHO_AT_HOME, "apart", f"not {WHO.first}, born {WHO.born}"),
)


@dataclass
class World:
    settings: Settings
    before: dict[str, Any]
    needles: Needles
    environment: dict[str, str]

    def run(self, *arguments: str, kill_at: str = "never", **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILL_AT, kill_at, *arguments]
        return subprocess.run(
            command,
            env=self.environment | more,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )

    def forget(self, kill_at: str = "never") -> subprocess.CompletedProcess[str]:
        who = ("construction", WHO.own)
        return self.run("forget", *who, "--why", "request 17", "--by", "privacy desk", kill_at=kill_at)


def figures(settings: Settings) -> dict[str, Any]:
    """All that may change by one person only, without what names a file."""
    path = (settings.published / "marts.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("use marts.marts")
        query = "select indicator_key, sector, value_to_date from indicator_values where period_type = 'to_date'"
        values = {(key, sector): value for key, sector, value in connection.execute(query).fetchall()}
        files = {
            (source, entity, name): tuple(rest)
            for source, entity, name, *rest in connection.execute(
                "select source, entity, file_name, state, reason, rows_in, rows_loaded, rows_quarantined, rows_blank "
                "from load_reconciliation"
            ).fetchall()
        }
        loaded = set(
            connection.execute(
                "select l.source, l.entity, r.file_name, l.row_number from loaded_rows as l "
                "inner join load_reconciliation as r using (source, entity, file_sha256)"
            ).fetchall()
        )
        keys = {key for (key,) in connection.execute("select person_key from dim_participant").fetchall()}
    return {"values": values, "files": files, "loaded": loaded, "keys": keys}


def keys_of(settings: Settings) -> dict[tuple[str, str, str], str]:
    rows = pq.read_table(settings.identity / "record_keys.parquet").to_pylist()
    return {(r["source"], r["record_type"], r["record_id"]): r["person_key"] for r in rows}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("forget")
    write(folder / "exports")
    home, exports, key = folder / "home", folder / "exports", "k" * 64
    settings = load_settings(home=home, exports=exports, as_of=AS_OF, person_key=key)
    for source in SOURCES:
        ingest(source_config(source, settings), settings)
    for one, other, verdict, why in WORDS:
        Decisions(settings.landing).add(one, other, verdict, why=why, by="R. Steward", seen="0" * 64)
    with parsed_once():
        build_warehouse(settings, AS_OF)
    publish(settings)
    unsure(settings, WHO_AT_HOME, at_home(STAYING[3]))
    page = write_drilldown(settings, explain(settings, "workers_enrolled"))
    assert keys_of(settings)["construction", "participant", WHO.own] in page.read_text()
    desk = open_desk(settings)
    write_book(desk, review_list(desk), Path("list.xlsx"))
    records = keys_of(settings)
    before = figures(settings) | {"records": records}
    (home / "landing" / "construction" / ".incoming").mkdir(exist_ok=True)
    (home / "landing" / "construction" / ".incoming" / "half").write_text(WHO.row())
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HRTP_", "AIRFLOW"))} | {
        "HRTP_HOME": str(home),
        "HRTP_EXPORTS": str(exports),
        "HRTP_AS_OF": AS_OF.isoformat(),
        "HRTP_PERSON_KEY": key,
        "HRTP_PROJECT": str(PROJECT),
        "GX_ANALYTICS_ENABLED": "false",
    }
    person_key = records["construction", "participant", WHO.own]
    strings = {
        "first": WHO.first,
        "last": WHO.last,
        "email": WHO.email,
        "phone": WHO.phone,
        "state id": WHO.state_id,
        "born": WHO.born,
        "born compact": WHO.born.replace("-", ""),
        "own id": WHO.own,
        "aerospace id": AEROSPACE_ID,
        "ajcc id": AJCC_ID,
        "ssn4 in a row": f",{WHO.ssn4},",
        "person key": person_key,
    }
    yield World(settings, before, Needles(strings), environment)


def test_a_dry_run_counts_and_changes_nothing(world: World) -> None:
    landing = {p: p.stat().st_mtime_ns for p in world.settings.landing.rglob("*") if p.is_file() and p.name != ".lock"}
    found = find("construction", WHO.own, world.settings)
    assert (found.sources, found.files, found.files_removed, found.in_inbox) == (SOURCES, 11, 1, 11)
    assert {p: p.stat().st_mtime_ns for p in landing} == landing
    standing = world.needles.search([world.settings.home])
    assert {place.split("/")[0] for place, _ in standing.hits} >= {"construction", "aerospace", "participants", "pirl"}


def test_decisions_and_the_list_speak_of_them_before(world: World) -> None:
    places = [world.settings.landing / ".identity", world.settings.identity / "review"]
    assert [bool(world.needles.search([place]).hits) for place in places] == [True, True]


def test_killed_after_landing_no_ingest_goes_on_and_the_next_command_ends_it(world: World) -> None:
    killed = world.forget(kill_at="forget.landing_done")
    assert killed.returncode == KILLED, killed.stderr
    plan = Suppression(world.settings.landing).plan
    assert plan.stat().st_mode & 0o777 == 0o600
    assert world.needles.search([plan]).hits == frozenset()
    with pytest.raises(ForgetUnfinished):
        ingest(source_config("construction", world.settings), world.settings)
    ended = world.run("ingest", "ajcc_la_county")
    assert ended.returncode == 0, ended.stderr
    assert "interrupted" in ended.stdout
    assert json.loads(ended.stdout.splitlines()[-1])["redelivered_files"] == 3
    assert not plan.exists()
    assert world.needles.search([("output", killed.stdout + killed.stderr + ended.stdout + ended.stderr)]).hits == set()


def test_nothing_of_them_is_left_anywhere_under_home(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    search = world.needles.search([world.settings.home])
    with capsys.disabled():
        print(f"\nafter forget: {search.n_files} files, {search.n_bytes:,} bytes, {search.n_texts:,} places inside")
    assert search.n_files > 150
    assert search.n_texts > 1000
    assert search.hits == frozenset()
    assert len(list((world.settings.published / "versions").iterdir())) == 1


def test_figures_moved_by_this_one_person_and_by_nothing_else(world: World) -> None:
    now, before = figures(world.settings), world.before
    was = before["values"]
    moved = {key: (was[key], value) for key, value in now["values"].items() if was[key] != value}
    less = {
        "workers_enrolled",
        "workers_completed",
        "high_road_completed",
        "placed_in_jobs",
        "supportive_services_recipients",
    }
    expected: dict[tuple[str, str], tuple[Decimal, Decimal]] = {
        (key, sector): (Decimal(24), Decimal(23)) for key in less for sector in ("all", "construction")
    }
    expected |= {
        ("median_placement_wage", sector): (Decimal("32.50"), Decimal(32)) for sector in ("all", "construction")
    }
    expected["workers_enrolled", "aerospace"] = (Decimal(2), Decimal(1))
    expected["supportive_services_recipients", "aerospace"] = (Decimal(1), Decimal(0))
    assert moved == expected
    assert now["keys"] < before["keys"]
    assert len(before["keys"] - now["keys"]) == 1
    gone = before["loaded"] - now["loaded"]
    assert now["loaded"] <= before["loaded"]
    assert len(gone) == 10
    for key, (state, reason, rows_in, *_) in before["files"].items():
        assert now["files"][key][:3] == (state, reason, rows_in), key


def test_every_other_record_keeps_its_person_key(world: World) -> None:
    now, before = keys_of(world.settings), world.before["records"]
    theirs = before["construction", "participant", WHO.own]
    assert now == {record: key for record, key in before.items() if key != theirs}
    assert len(before) - len(now) == 4


def test_of_a_stewards_word_on_them_the_fact_is_left_and_others_words_stand(world: World) -> None:
    decisions = Decisions(world.settings.landing)
    assert [d.number for d in decisions.all()] == [2, 3]
    gone = [d for d in decisions.files.documents() if d["number"] in {1, 4}]
    assert [(d["verdict"], d["by"], d["left"], d["right"], d["why"], d["seen"]) for d in gone] == [
        ("merge", "R. Steward", None, None, None, None),
        ("apart", "R. Steward", None, None, None, None),
    ]
    assert {path.stat().st_mode & 0o777 for path in decisions.files.folder.iterdir()} == {0o400}
    assert not (world.settings.identity / "review").exists()
    told = pq.read_table(world.settings.identity / "key_changes.parquet").to_pylist()
    # a merge that was taken back the same day never was
    assert told == []
    assert list(audit_landing(world.settings)) == []


def test_files_say_what_they_stand_for_and_the_trail_says_the_fact_and_not_the_person(world: World) -> None:
    suppression = Suppression(world.settings.landing)
    (entry,) = suppression.entries()
    assert (entry["why"], entry["by"], entry["files"], entry["files_removed"]) == ("request 17", "privacy desk", 11, 1)
    assert entry["sources"] == list(SOURCES)
    assert entry["decisions"] == 2
    for path in suppression.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
    for source in SOURCES:
        landing = Landing(world.settings.landing, source)
        for landed in landing.files():
            assert file_sha256(landing.folder / landed.sha256) == landed.sha256
            note = json.loads((landing.folder / f"{landed.sha256}.json").read_text())
            assert suppression.replaced.get(note.get("notes", {}).get("redacted_from")) in {landed.sha256, None}
    batched = {sha for s in SOURCES for b in Landing(world.settings.landing, s).ledger.batches() for sha in b.files}
    assert batched == {f.sha256 for s in SOURCES for f in Landing(world.settings.landing, s).files()}


def marts(settings: Settings, renamed: dict[str, str]) -> dict[str, list[tuple[str, ...]]]:
    """Every published row as text, with person keys renamed wherever they stand in it.

    `record_key` is left out: it is a hash of the person key and the row, and changes with it.
    """
    path = (settings.published / "marts.duckdb").resolve()
    key = re.compile("[0-9a-f]{64}")
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("use marts.marts")
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            name: sorted(
                tuple(key.sub(lambda found: renamed.get(found[0], found[0]), str(cell)) for cell in row)
                for row in connection.execute(f"select columns(c -> c <> 'record_key') from \"{name}\"").fetchall()
            )
            for name in names
        }


def test_a_rotation_that_was_killed_ends_with_every_key_new_and_every_figure_as_it_was(world: World) -> None:
    old_keys, before = keys_of(world.settings), marts(world.settings, {})
    write_drilldown(world.settings, explain(world.settings, "workers_enrolled"))
    with_new = {"HRTP_PERSON_KEY_NEW": "n" * 64}
    killed = world.run("key", "rotate", kill_at="rotation.switched", **with_new)
    assert killed.returncode == KILLED, killed.stderr
    refused = world.run("key", "fingerprint")
    assert refused.returncode == 1
    assert "keys.md" in refused.stderr
    done = world.run("key", "rotate", **with_new)
    assert done.returncode == 0, done.stderr
    new_keys = keys_of(world.settings)
    assert new_keys.keys() == old_keys.keys()
    assert set(new_keys.values()).isdisjoint(old_keys.values())
    renamed = {new_keys[record]: old for record, old in old_keys.items()}
    assert marts(world.settings, renamed) == before
    assert world.run("key", "fingerprint", HRTP_PERSON_KEY="n" * 64).returncode == 0
    assert len(list((world.settings.published / "versions").iterdir())) == 1
    old = Needles({str(number): key for number, key in enumerate(sorted(set(old_keys.values())))})
    zones = [world.settings.home / zone for zone in ("identity", "warehouse", "published", "logs", "staff")]
    assert old.search(zones).hits == frozenset()
    assert old.search([("old", "".join(old_keys.values()))]).hits


def test_a_later_delivery_is_redacted_before_it_is_kept(world: World, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    shutil.copytree(world.settings.exports or tmp_path, exports)
    later = exports / "construction" / "participants_20261001.csv"
    rows = [p.row(zip="90012") for p in PEOPLE] + [f"ragged,{WHO.state_id}"]
    later.write_text("\n".join([HEADER, *rows]) + "\n")
    settings = world.settings.model_copy(update={"exports": exports, "as_of": AS_OF})
    (exports / "construction" / "partners_20261001.csv").write_text(f'partner_id\n"{WHO.own} is open')
    result = ingest(source_config("construction", settings), settings)
    assert result.redelivered == 8
    assert {m.file_name: m.rows_blank for m in result.new if m.entity == "participants"} == {later.name: 2}
    notes = [json.loads(p.read_text()) for p in (settings.landing / "construction").glob("*.json")]
    (note,) = [n for n in notes if n["file_name"] == later.name]
    assert note["notes"]["redacted_from"] == file_sha256(later)
    assert world.needles.search([settings.home]).hits == frozenset()


def test_forgetting_twice_finds_nobody_and_says_so(world: World) -> None:
    again = forget("construction", WHO.own, world.settings, why="request 17", by="privacy desk")
    assert (again.files, again.rows, again.is_done) == (0, 0, True)
    assert len(Suppression(world.settings.landing).entries()) == 1


def test_the_others_are_still_found(world: World) -> None:
    zone = RawZone(world.settings, CONTRACTS)
    rows = [
        row
        for path in zone.files("participants", zone.version())
        for row in pq.read_table(path, columns=["_source", "participant_id"]).to_pylist()
    ]
    assert {r["participant_id"] for r in rows if r["_source"] == "construction"} == {p.own for p in STAYING}
