"""A night in which everything goes wrong at once, and nobody's name gets out."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.canary import Needles, Search
from tests.privacy import bad_night
from tests.privacy.people import needles

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
        ):
            night.run(name, HRTP, *command)
        night.run("build", HRTP, "build", "--as-of", "2026-09-30", HRTP_PROJECT=str(keeping))
        here = Path(__file__).parent
        night.run("pytest", sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", here / "test_redaction.py")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    yield night


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
    assert all(zones[name].n_files for name in ("airflow", "data_docs", "feedback", "logs", "published", "warehouse"))
    assert total.n_bytes > 10_000_000


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
    "warehouse": 0o750,
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
        forbidden = 0o022 if zone in {"published", "data_docs"} else 0o027 if zone == "warehouse" else 0o077
        if mode & forbidden:
            loose.append(f"{path.relative_to(night.home)} {mode:o}")
    assert loose == []
