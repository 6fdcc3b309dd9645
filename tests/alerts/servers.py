"""Servers that take alerts: a real SMTP server and a real web server, both on loopback."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from orchestration.cluster import free_port

#: Recognisable, so that a search of logs and errors means something.
SECRET = "T0PS3CRETTOKEN"  # pragma: allowlist secret


@dataclass
class Mailbox:
    """What the SMTP server took."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: bool = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
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


@contextmanager
def smtp_server() -> Iterator[Mailbox]:
    box = Mailbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@contextmanager
def web_server() -> Iterator[Hook]:
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
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
