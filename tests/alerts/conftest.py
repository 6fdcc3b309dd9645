"""Servers that take alerts: a real SMTP server and a real web server, both on loopback."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from orchestration.cluster import free_port

from hrtp.ingest import IngestResult, ingest, source_config
from hrtp.settings import Settings, load_settings
from tests.county import AS_OF
from tests.unit.reading_world import services

#: Recognisable, so that a search of logs and errors means something.
SECRET = "T0PS3CRETTOKEN"


@dataclass
class Mailbox:
    """What the SMTP server took."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: bool = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuses:
            return "554 no"
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=hrtp@example.org&to=desk@example.org&mode=insecure&format=text"

    def texts(self) -> list[str]:
        """Subject and text of every message, as a reader sees them."""
        found = []
        for message in self.messages:
            part = message.get_body(("plain", "html"))
            assert part is not None
            found.append(f"{message['subject']}\n{part.get_content()}")
        return found


@dataclass
class Hook:
    """What the web server was asked: paths of GET, documents of POST."""

    server: ThreadingHTTPServer
    got: list[str] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    #: Answers still to give before 200.
    answers: list[int] = field(default_factory=list)
    #: Answers POSTs whose text holds this with 500.
    refuses: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/services/{SECRET}"

    def texts(self) -> list[str]:
        return [document["text"] for document in self.posted]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hook.got.append(self.path)
            self._answer(hook.answers.pop(0) if hook.answers else 200)

        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if hook.refuses and hook.refuses in document["text"]:
                self._answer(500)
                return
            hook.posted.append(document)
            self._answer(hook.answers.pop(0) if hook.answers else 200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Hook(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hook
    server.shutdown()
    server.server_close()
    thread.join()


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
