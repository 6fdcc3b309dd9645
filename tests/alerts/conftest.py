"""A deployment that tells people, and the servers that take what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrtp.ingest import IngestResult, ingest, source_config
from hrtp.settings import Settings, load_settings
from tests.alerts.servers import Hook, Mailbox, smtp_server, web_server
from tests.county import AS_OF
from tests.unit.reading_world import services


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with web_server() as server:
        yield server


class Desk:
    """One deployment whose partners drop files; its settings can be changed on the way."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self._home = folder / "home"

    def settings(self, **more: Any) -> Settings:
        return load_settings(home=self._home, exports=self.exports, as_of=AS_OF, **more)

    def drop(self, name: str, text: str, source: str = "construction") -> None:
        path = self.exports / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def ingest(self, source: str = "construction") -> IngestResult:
        settings = self.settings()
        return ingest(source_config(source, settings), settings)

    def drop_three_bad_files(self) -> None:
        """A login page, a missing column, and a table with a bad row."""
        rows = [f"S{i},P1,housing,2026-05-01,{i}" for i in range(40)]
        self.drop("services_20260930.csv", services(*rows, "SX,P1,yacht,2026-05-01,1"))
        self.drop("programs_20260930.csv", "<html>login</html>")
        self.drop("enrollments_20260930.csv", "enrollment_id,participant_id\nE1,P1\n")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("hrtp.alerts.channels.WAIT_SECONDS", 0.01)
    monkeypatch.setattr("hrtp.alerts.heartbeat.WAIT_SECONDS", 0.01)
    return Desk(tmp_path)
