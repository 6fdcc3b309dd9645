"""Superset as the compose file runs it, as a plain process on loopback before a real PostgreSQL."""

from __future__ import annotations

import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.compose.compose_file import ROOT, example_settings, interpolated
from tests.compose.loopback import LOOPBACK, PATIENCE_SECONDS, StackError, free_port, wait_until
from tests.postgres import Postgres

ENVIRONMENT = ROOT / "superset" / ".venv" / "bin"
METADATA = "superset"
DESK, MANAGER = "desk", "manager"


@dataclass
class Superset:
    """The service `superset` of docker-compose.yml: its command and settings, with our addresses and secrets."""

    folder: Path
    postgres: Postgres
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(16) for name in (DESK, MANAGER, METADATA)}
    )
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Fill in the file."""
        if not (ENVIRONMENT / "gunicorn").exists():
            raise StackError("superset/.venv is not there; run: make superset/.venv/.synced")
        settings = {name: value or secrets.token_hex(32) for name, value in example_settings().items()}
        settings |= {
            "SUPERSET_POSTGRES_PASSWORD": self.passwords[METADATA],
            "SUPERSET_ADMIN_USER": DESK,
            "SUPERSET_ADMIN_PASSWORD": self.passwords[DESK],
            "SUPERSET_ADMIN_EMAIL": "desk@example.org",
            "SUPERSET_VIEWER_USER": MANAGER,
            "SUPERSET_VIEWER_PASSWORD": self.passwords[MANAGER],
        }
        self.service = interpolated(settings)["services"]["superset"]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / "superset.log"

    def here(self, text: str) -> str:
        """A text of the compose file with the addresses and folders of containers turned into ours."""
        for theirs, ours in (
            ("superset-postgres:5432", f"{LOOPBACK}:{self.postgres.port}"),
            ("0.0.0.0:8088", f"{LOOPBACK}:{self.port}"),
            ("127.0.0.1:8088", f"{LOOPBACK}:{self.port}"),
            ("/opt/superset", str(ROOT / "superset")),
        ):
            text = text.replace(theirs, ours)
        return text

    def environment(self, **more: str) -> dict[str, str]:
        """What its processes see: the file's settings, and nothing of whoever runs the tests."""
        given = {name: self.here(value) for name, value in self.service["environment"].items()}
        own = {"SUPERSET_BI_URI": self.postgres.dsn("bi_reader")}
        own |= {"HOME": str(self.folder), "SUPERSET_HOME": str(self.folder), "SUPERSET_TMP": str(self.folder)}
        one_core = {"SUPERSET_WORKERS": "1"}  # the browser has the other
        path = {"PATH": f"{ENVIRONMENT}:/usr/bin:/bin", "LANG": "C.UTF-8"}
        return given | own | one_core | path | more

    def make_database(self) -> None:
        """What the service superset-postgres has from its image: a login and a database of its own."""
        with self.postgres.connect("admin", "postgres") as connection:
            connection.execute(f"create role {METADATA} login password '{self.passwords[METADATA]}'".encode())
            connection.execute(f"create database {METADATA} owner {METADATA}".encode())

    def start(self) -> None:
        """Run the service's command and wait until its health check passes."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.here(part) for part in self.service["command"]],
                env=self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self.is_healthy, 2 * PATIENCE_SECONDS, self.tail)

    def is_healthy(self) -> bool:
        """What the file's health check says; raises with its last words where it has ended."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise StackError(f"superset ended with {self.process.returncode}:\n{self.tail()}")
        kind, *command = self.service["healthcheck"]["test"]
        assert kind == "CMD"
        program = [self.here(part) for part in command]
        return subprocess.run(program, env=self.environment(), capture_output=True).returncode == 0

    def prepare(self, **more: str) -> subprocess.CompletedProcess[str]:
        """Make ready once more, as the next start of the service does."""
        return subprocess.run(
            [str(ENVIRONMENT / "python"), str(ROOT / "superset" / "prepare.py")],
            env=self.environment(SUPERSET_CONFIG_PATH=str(ROOT / "superset" / "superset_config.py"), **more),
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def stop(self) -> None:
        """End it, workers and all."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # at once: a browser keeps its connections open
            self.process.wait(PATIENCE_SECONDS)

    def tail(self) -> str:
        """The end of its output."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])

    def session(self, user: str) -> requests.Session:
        """Somebody who has logged in to the API: their token, and the one against forged requests."""
        session = requests.Session()
        session.headers["Referer"] = self.url
        login = {"username": user, "password": self.passwords[user], "provider": "db"}
        answer = session.post(f"{self.url}/api/v1/security/login", json=login, timeout=60)
        answer.raise_for_status()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        token = session.get(f"{self.url}/api/v1/security/csrf_token/", timeout=60)
        token.raise_for_status()
        session.headers["X-CSRFToken"] = token.json()["result"]
        return session


@contextmanager
def running_superset(folder: Path, postgres: Postgres) -> Iterator[Superset]:
    """Superset with the repository's dashboards over the marts of `postgres`; ended with the block."""
    server = Superset(folder, postgres)
    server.make_database()
    try:
        server.start()
        yield server
    finally:
        server.stop()
