"""A real PostgreSQL on loopback for a test, with the roles of BI, and an end to it whatever happens.

Another test's fixture is two lines::

    with running_postgres() as postgres:
        yield postgres
"""

from __future__ import annotations

import os
import pwd
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from hrtp.bi import set_up
from hrtp.settings import Settings, load_settings
from tests.compose.loopback import LOOPBACK, PATIENCE_SECONDS, free_port, programs

DATABASE = "bi"


@dataclass
class Postgres:
    """A server. Logins: ``admin`` (superuser), ``bi_publisher``, ``bi_reader``; each has a password of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(16) for name in ("admin", "bi_publisher", "bi_reader")}
    )
    database: str = DATABASE
    #: The server's process, the last one last; shared by all databases of the server.
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def dsn(self, user: str, database: str | None = None) -> str:
        """A connection string with the password in it."""
        return f"postgresql://{user}:{self.passwords[user]}@{LOOPBACK}:{self.port}/{database or self.database}"

    def sqlalchemy_url(self, user: str = "bi_reader", driver: str = "psycopg2") -> str:
        """The same for SQLAlchemy."""
        return self.dsn(user).replace("postgresql://", f"postgresql+{driver}://")

    def connect(self, user: str, database: str | None = None, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection in autocommit."""
        return psycopg.connect(self.dsn(user, database), autocommit=True, **options)

    def rows(self, query: str, user: str = "bi_reader") -> list[tuple[Any, ...]]:
        """Rows of one query."""
        with self.connect(user) as connection:
            return connection.execute(query.encode()).fetchall()

    def settings(self, **settings: Any) -> Settings:
        """Settings of a deployment that publishes here."""
        return load_settings(
            postgres_dsn=self.dsn("bi_publisher"),
            postgres_admin_dsn=self.dsn("admin"),
            bi_publisher_password=self.passwords["bi_publisher"],
            bi_reader_password=self.passwords["bi_reader"],
            **settings,
        )

    def another(self, database: str, *, is_set_up: bool = True) -> Postgres:
        """A new empty database on the same server."""
        with self.connect("admin", "postgres") as connection:
            connection.execute(f"create database {database}".encode())
        new = replace(self, database=database)
        if is_set_up:
            set_up(new.settings(home=self.folder / "home"))
        return new

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Where the server writes."""
        return self.folder / "postgres.log"

    def make(self) -> None:
        """Make the cluster."""
        password = self.folder / "password"
        password.write_text(self.passwords["admin"], encoding="utf-8")
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            for path in (self.folder, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._run(
            *("initdb", "--pgdata", str(self.data), "--pwfile", str(password), "--no-sync", "--username", "admin"),
            *("--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"),
        )

    def start(self, **options: str) -> None:
        """Serve the cluster and wait until it answers; ``options`` are the server's own settings."""
        given = {"listen_addresses": LOOPBACK, "port": str(self.port), "unix_socket_directories": "", "fsync": "off"}
        arguments = [part for name, value in (given | options).items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*_as_postgres(), "postgres", "-D", str(self.data), *arguments],
                env={"PATH": programs(), "LANG": "C.UTF-8"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.connect("admin", "postgres").close()
                return
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(self.log.read_text(errors="replace")[-4000:]) from None
                time.sleep(0.1)

    def stop(self, number: int = signal.SIGINT) -> None:
        """End the server: SIGINT closes every connection, SIGQUIT leaves at once, as after a power cut."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)
                process.wait(PATIENCE_SECONDS)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [*_as_postgres(), *command],
            env={"PATH": programs(), "LANG": "C.UTF-8"},
            cwd="/",
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def _as_postgres() -> list[str]:
    if os.geteuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


@contextmanager
def running_postgres(folder: Path | None = None, *, is_set_up: bool = True) -> Iterator[Postgres]:
    """A server with an empty database ``bi``, its roles made by `hrtp bi setup`; ended with the block.

    Without a ``folder`` it has one of its own: it runs as somebody else, who must find it, and pytest closes its
    folders to others.
    """
    with tempfile.TemporaryDirectory(prefix="hrtp-postgres-") as own:
        home = folder or Path(own)
        for path in (home, *home.parents):
            if path.stat().st_uid == os.geteuid() and not path.stat().st_mode & 0o001:
                path.chmod(path.stat().st_mode | 0o011)
        server = Postgres(home / "server")
        server.folder.mkdir()
        try:
            server.make()
            server.start()
            yield server.another(DATABASE, is_set_up=is_set_up)
        finally:
            server.stop()
