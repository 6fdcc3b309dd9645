"""A night in which everything goes wrong at once, and nobody's name gets out."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pyarrow.parquet as pq
import pytest

from hrtp.identity.decision import RecordId
from hrtp.identity.decisions import Decisions
from hrtp.settings import load_settings
from tests.canary import Needles, Search
from tests.privacy import bad_night
from tests.privacy.bad_night import GOOD, A, B
from tests.privacy.people import Canary, needles
from tests.unit.steward_world import unsure

#: A night takes a minute; a busy machine may take ten.
pytestmark = pytest.mark.timeout(1800)
HRTP = Path(sys.executable).parent / "hrtp"
#: What the exports and the broken tools must lead to, so that every way out is tried.
TROUBLES = (
    *("NO_HEADER", "ENCODING", "QUOTING", "NOT_CSV", "ARCHIVE_SHAPE", "AMBIGUOUS", "INTERNAL", "SHEET_MISSING"),
    *("HELD_QUARANTINE_SHARE", "PII_EXCESS", "RAGGED", "UNKNOWN_CODE", "NUMBER_FORMAT", "UNKNOWN_NAME"),
)
#: Zones that may hold people; nothing behind them may.
HOLD_PEOPLE = ("landing", "raw", "identity")


@dataclass
class Night:
    home: Path
    temporary: Path
    needles: Needles
    exit_code: int = 0
    said: dict[str, str] = field(default_factory=dict)
    told: list[bytes] = field(default_factory=list)

    def run(self, name: str, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command under a umask that would let everybody read everything, and keep all that it says."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("HRTP_", "AIRFLOW"))} | {
            "HRTP_HOME": str(self.home),
            "HRTP_PERSON_KEY": "k" * 64,
            "TMPDIR": str(self.temporary),
            "GX_ANALYTICS_ENABLED": "false",
        }
        done = subprocess.run(
            [str(argument) for argument in arguments],
            cwd=bad_night.PROJECT,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=900,
            umask=0,
        )
        self.said[name] = done.stdout + done.stderr
        return done


class _Hook(BaseHTTPRequestHandler):
    told: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.told.append(self.path.encode() + self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("canary")
    bad_night.write(folder / "exports")
    broken = bad_night.write_project(folder / "broken", with_bombs=True, with_test=False)
    keeping = bad_night.write_project(folder / "keeping", with_bombs=False, with_test=True)
    (folder / "tmp").mkdir()
    # a steward's word, spoken before: the night publishes that the keys were merged
    said = f"{A.first} {A.last}, born {A.born}, came by"
    Decisions(folder / "home" / "landing").add(
        *(of(person) for person in GOOD[:2]), "merge", why=said, by="steward", seen=""
    )
    night = Night(folder / "home", folder / "tmp", needles(*bad_night.PEOPLE))
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    _Hook.told = night.told
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        hook = f"http://127.0.0.1:{server.server_port}/hook"
        arguments = ("nightly", "--exports", folder / "exports", "--as-of", "2026-09-30")
        done = night.run("night", HRTP, *arguments, HRTP_PROJECT=str(broken), HRTP_ALERT_WEBHOOK=hook)
        night.exit_code = done.returncode
        for name, *command in (
            ("status", "status", "--json"),
            ("quarantine", "quarantine", "list"),
            ("held", "held", "--json"),
            ("doctor", "doctor", "--json"),
            ("docs", "docs"),
            ("explain", "explain", "workers_enrolled", "--json"),
            ("drill-down", "explain", "workers_enrolled", "--html"),
        ):
            night.run(name, HRTP, *command)
        ask_the_steward(night)
        night.run("build", HRTP, "build", "--as-of", "2026-09-30", HRTP_PROJECT=str(keeping))
        here = Path(__file__).parent
        night.run("pytest", sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", here / "test_redaction.py")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    yield night


def of(person: Canary) -> RecordId:
    return RecordId("construction", "participant", person.own)


def ask_the_steward(night: Night) -> None:
    """Every command of the steward, over pairs of which a model was not sure; one names people where it must not."""
    settings = load_settings(home=night.home, person_key="k" * 64)
    unsure(settings, of(GOOD[2]), of(GOOD[3]))
    unsure(settings, of(GOOD[4]), RecordId("ajcc_south_bay", "caljobs", GOOD[6].state_id))
    rows = pq.read_table(settings.identity / "record_keys.parquet").to_pylist()
    keys = {(row["source"], row["record_id"]): row["person_key"] for row in rows}
    why = f"{B.first} {B.last} {B.dashed_ssn}"
    for name, *command in (
        ("review", "review"),
        ("review names", "review", "--names"),
        ("review json", "review", "--json"),
        ("review workbook", "review", "--xlsx", "list.xlsx"),
        ("review elsewhere", "review", "--xlsx", night.temporary / "list.xlsx"),
        ("decide", "decide", f"construction:{GOOD[2].own}", f"construction:{GOOD[3].own}", "apart", "--why", why),
        ("decide again", "decide", f"construction:{GOOD[0].own}", f"construction:{B.own}", "apart", "--why", why),
        ("decide workbook", "decide", "--from", "list.xlsx", "--json"),
        ("decisions", "decisions"),
        ("decisions json", "decisions", "--json"),
        ("explain person", "explain", keys["construction", GOOD[0].own]),
        ("explain json", "explain", keys["construction", GOOD[4].own], "--json"),
        ("explain nobody", "explain", A.first),
    ):
        night.run(name, HRTP, "identity", *command)


def test_the_steward_was_answered_and_the_names_are_in_the_list_alone(night: Night) -> None:
    assert f"construction:{GOOD[2].own}" in night.said["review"]
    assert '"workbook": null' in night.said["review json"]
    assert "terminal only" in night.said["review names"]
    assert "list.xlsx" in night.said["review workbook"]
    assert "NOT_IN_RESTRICTED_ZONE" in night.said["review elsewhere"]
    assert "decision 2: apart" in night.said["decide"]
    assert "NO_SUCH_RECORD" in night.said["decide again"]
    # two pairs, and the word spoken before the night, which has seen nothing yet
    assert '"left_blank": 3' in night.said["decide workbook"]
    assert "NO_SUCH_PERSON" in night.said["explain nobody"]
    assert "merge" in night.said["explain person"]
    assert f"ajcc_south_bay:{GOOD[6].state_id}" not in night.said["explain json"]
    review, word = night.home / "identity" / "review", night.home / "landing" / ".identity"
    assert {kind for _, kind in night.needles.search([review]).hits} >= {"stem", "born 2"}
    assert {kind for _, kind in night.needles.search([word]).hits} >= {"stem"}


def test_the_published_merge_holds_two_keys_a_day_and_no_name(night: Night) -> None:
    path = night.home / "published" / "parquet" / "dim_participant_merge.parquet"
    (row,) = pq.read_table(path).to_pylist()
    assert (set(row), row["kind"]) == ({"old_person_key", "new_person_key", "changed_on", "kind"}, "merge")
    assert {len(row[side]) for side in ("old_person_key", "new_person_key")} == {64}
    assert night.needles.search([path]).hits == frozenset()


def outside(night: Night) -> list[Path]:
    """Every place under home that may not hold people, and what is left in the temporary folder."""
    zones = [path for path in sorted(night.home.iterdir()) if path.name not in HOLD_PEOPLE]
    return [*zones, night.temporary]


def test_the_night_published_and_met_every_kind_of_trouble(night: Night) -> None:
    assert night.exit_code == 3, night.said["night"]
    listed = night.said["quarantine"] + night.said["held"] + night.said["status"]
    logs = "".join(path.read_text(errors="replace") for path in (night.home / "logs" / "nightly").glob("*.log"))
    for code in TROUBLES:
        assert code in listed + logs, code
    assert "finds_people" in night.said["build"]
    assert night.said["pytest"].count("passed") >= 1


def test_nobody_stands_in_any_byte_behind_the_restricted_zones(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    zones = {path.name: night.needles.search([path]) for path in outside(night)}
    said = night.needles.search([(name, text) for name, text in night.said.items()])
    told = night.needles.search([(f"alert {number}", body) for number, body in enumerate(night.told)])
    total = sum([*zones.values(), said, told], Search())
    with capsys.disabled():
        print("\ncanary night: files, bytes, places inside, hits")
        for name, found in {**zones, "said by commands": said, "alerts": told, "all": total}.items():
            print(f"  {name:20} {found.n_files:6} {found.n_bytes:12,} {found.n_texts:8,} {len(found.hits):4}")
    assert total.hits == frozenset()
    assert night.told, "no alert was sent"
    assert {"airflow", "data_docs", "feedback", "logs", "published", "quarantine", "warehouse"} <= set(zones)
    filled = ("airflow", "data_docs", "feedback", "logs", "published", "staff", "warehouse")
    assert all(zones[name].n_files for name in filled)
    assert total.n_bytes > 10_000_000


def test_lineage_tells_of_every_loaded_rejected_and_held_file_and_of_nobody(night: Night) -> None:
    folder = night.home / "logs" / "lineage"
    found = night.needles.search([folder])
    assert (found.hits, found.n_files > 0) == (frozenset(), True)
    events = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    ends = {e["eventType"] for e in events if e["job"]["name"].startswith("ingest.construction.")}
    assert ends == {"START", "COMPLETE", "FAIL", "ABORT"}
    said = {e["run"]["facets"]["errorMessage"]["message"] for e in events if "errorMessage" in e["run"]["facets"]}
    assert {"QUOTING", "HELD_QUARANTINE_SHARE", "INTERNAL", "BUILD_FAILED"} <= said
    assert all(re.fullmatch(r"[A-Z_]+", code) for code in said)


def test_the_search_finds_everybody_where_they_may_stand(night: Night) -> None:
    landing = night.needles.search([night.home / "landing"])
    raw = night.needles.search([night.home / "raw"])
    kinds = {kind for _, kind in landing.hits}
    assert kinds >= {"stem", "phone 0", "state id 0", "born 0", "ssn 60"}
    assert {kind for _, kind in raw.hits} >= {"stem", "phone 0", "state id 0", "born 0"}
    assert not {kind for _, kind in raw.hits if kind.startswith("ssn ")}


ZONES = {
    "landing": 0o700,
    "raw": 0o700,
    "quarantine": 0o700,
    "identity": 0o700,
    "airflow": 0o700,
    "logs": 0o700,
    "feedback": 0o700,
    "drilldowns": 0o700,
    "warehouse": 0o750,
    "staff": 0o750,
    "published": 0o755,
    "data_docs": 0o755,
}


@pytest.mark.parametrize(("zone", "mode"), ZONES.items())
def test_every_zone_keeps_its_permissions_even_where_the_umask_forbids_nothing(
    night: Night, zone: str, mode: int
) -> None:
    assert stat.S_IMODE((night.home / zone).stat().st_mode) == mode


def test_nothing_in_a_restricted_zone_can_be_read_by_others_and_nothing_anywhere_be_written(night: Night) -> None:
    loose = []
    for path in night.home.rglob("*"):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        zone = path.relative_to(night.home).parts[0]
        forbidden = 0o022 if zone in {"published", "data_docs"} else 0o027 if zone in {"warehouse", "staff"} else 0o077
        if mode & forbidden:
            loose.append(f"{path.relative_to(night.home)} {mode:o}")
    assert loose == []
