"""Real servers on loopback for the transport tests: SFTP, HTTPS, S3, and a proxy that cuts the line."""

import asyncio
import base64
import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USER = "county"
PASSWORD = "correct horse battery"


class SftpServer:
    """An asyncssh server over a folder, in its own thread; counts what clients try."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.authorized: set[str] = set()
        self.passwords_tried: list[str] = []
        self.connections = 0
        self.denied: set[str] = set()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._acceptor: asyncssh.SSHAcceptor | None = None

    def start(self) -> None:
        self._thread.start()
        self._run(self._listen())

    def stop(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def change_host_key(self) -> None:
        """Be another machine at the same address."""
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._run(self._close())
        self._run(self._listen())

    def known_hosts_line(self, port: int | None = None) -> str:
        public = self.host_key.export_public_key().decode().strip()
        return f"[{HOST}]:{port or self.port} {public}\n"

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self) -> None:
        self._acceptor = await asyncssh.create_server(
            lambda: _SshLogin(self),
            HOST,
            self.port,
            server_host_keys=[self.host_key],
            sftp_factory=lambda channel: _SftpFolder(channel, self),
            reuse_address=True,
        )
        self.port = self._acceptor.get_port()

    async def _close(self) -> None:
        assert self._acceptor is not None
        self._acceptor.close()
        await self._acceptor.wait_closed()


class _SshLogin(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections += 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._server.passwords_tried.append(password)
        return username == USER and password == PASSWORD

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.get_fingerprint() in self._server.authorized


class _SftpFolder(asyncssh.SFTPServer):
    def __init__(self, channel: Any, server: SftpServer) -> None:
        super().__init__(channel, chroot=str(server.root).encode())
        self._server = server

    def _check(self, path: bytes) -> None:
        if path.decode().strip("/") in self._server.denied:
            raise asyncssh.SFTPPermissionDenied("no")

    def scandir(self, path: bytes) -> Any:
        self._check(path)
        return super().scandir(path)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        self._check(path)
        return super().open(path, pflags, attrs)


@dataclass
class Answers:
    """What a web server does instead of serving files, by path; and what it was asked."""

    status: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    location: str = ""
    authorization: str | None = None
    hide_sizes: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)


class _WebHandler(http.server.SimpleHTTPRequestHandler):
    answers: Answers

    def __init__(self, *args: Any, answers: Answers, **kwargs: Any) -> None:
        self.answers = answers
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        if not self._answer():
            super().do_GET()

    def do_HEAD(self) -> None:
        if not self._answer():
            super().do_HEAD()

    def _answer(self) -> bool:
        answers = self.answers
        answers.requests.append((self.command, self.path))
        status = answers.status.get(self.path)
        if answers.authorization and self.headers.get("Authorization") != answers.authorization:
            status = 401
        if status:
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", answers.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return True
        if self.path in answers.bodies:
            kind, body = answers.bodies[self.path]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            if not answers.hide_sizes:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
            return True
        return False

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class WebServer:
    """An http.server over a folder, with TLS unless told otherwise."""

    def __init__(self, root: Path, certificate: Path | None) -> None:
        self.answers = Answers()
        handler = partial(_WebHandler, directory=str(root), answers=self.answers)
        self._server = http.server.ThreadingHTTPServer((HOST, 0), handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def basic(user: str, password: str) -> str:
    """The header that basic authentication sends."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def make_certificate(path: Path, *, last_day: int = 2) -> Path:
    """Write a self-made certificate for 127.0.0.1, with its key, as one PEM file; it ends so many days from today."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today + dt.timedelta(days=last_day - 3))
        .not_valid_after(today + dt.timedelta(days=last_day))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(pem)
    return path


class CuttingProxy:
    """Passes bytes on to a server, and cuts some of the connections after so many bytes of the answer.

    A connection is cut only if its answer grows past `after_bytes`; `cuts` says how many such there are
    to be. `on_cut` runs right before each cut.
    """

    def __init__(self, port: int, *, cuts: int, after_bytes: int) -> None:
        self._target = port
        self._cuts_left = cuts
        self._after_bytes = after_bytes
        self.cuts = 0
        self.connections = 0
        self.on_cut: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection((HOST, self._target))
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        passed = 0
        try:
            while chunk := source.recv(16384):
                passed += len(chunk)
                if is_answer and passed > self._after_bytes and self._take_cut():
                    break
                target.sendall(chunk)
        except OSError:
            pass
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _take_cut(self) -> bool:
        with self._lock:
            if self._cuts_left == 0:
                return False
            self._cuts_left -= 1
            self.cuts += 1
            self.on_cut()
            return True


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """Start a server, and stop it whatever happens."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
