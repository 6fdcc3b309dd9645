"""The stack of docker-compose.yml as plain processes on loopback: same commands, same settings, other addresses."""

import base64
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.compose.compose_file import ROOT, example_settings, interpolated

LOOPBACK = "127.0.0.1"
POSTGRES_USER = "postgres"
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
"""For a start that hangs; an idle machine with two cores brings all up in 40."""


class StackError(AssertionError):
    """The stack cannot be run, or does not come up; says why."""


def programs() -> str:
    """A PATH that holds our own programs, the system's, and PostgreSQL's, which Debian keeps to itself."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    folders = [Path(sys.executable).parent, *reversed(versions), *map(Path, os.defpath.split(os.pathsep)[::-1])]
    path = os.pathsep.join(str(folder) for folder in [*folders, Path("/usr/local/bin")] if str(folder))
    for program, package in {
        "initdb": "postgresql",
        "redis-server": "redis-server",
        "redis-cli": "redis-tools",
    }.items():
        if shutil.which(program, path=path) is None:
            raise StackError(f"{program} is not installed; on Debian: apt-get install {package}")
    return path


def free_port() -> int:
    """A port on loopback that is free now."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Stack:
    """All services of the file, each a group of processes of its own."""

    folder: Path
    dags: Path
    settings: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Choose ports, make secrets, and fill in the file."""
        self.path = programs()
        self.ports = {name: free_port() for name in ("postgres", "bi-postgres", "redis", "web")}
        self.settings = {name: value or secrets.token_hex(32) for name, value in example_settings().items()}
        self.settings |= {
            "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AIRFLOW_ADMIN_USER": "desk",
            "AIRFLOW_ADMIN_EMAIL": "desk@example.org",
            "AIRFLOW_BASE_URL": self.web,
            "HRTP_INBOX": str(self.folder / "inbox"),
            "HRTP_AS_OF": "2026-09-30",
            # nobody is told, and no made-up text is an address
            **dict.fromkeys(("HRTP_ALERT_URLS", "HRTP_ALERT_WEBHOOK", "HRTP_HEARTBEAT_URL"), ""),
        }
        self.services: dict[str, Any] = interpolated(self.settings)["services"]

    @property
    def web(self) -> str:
        """Address of the api-server."""
        return f"http://{LOOPBACK}:{self.ports['web']}"

    def here(self, text: str) -> str:
        """A text of the compose file with the addresses and folders of containers turned into ours."""
        names = ("postgres", "bi-postgres", "redis", "web")
        postgres, bi, redis, web = (str(self.ports[name]) for name in names)
        for theirs, ours in (
            ("bi-postgres:5433", f"{LOOPBACK}:{bi}"),
            ("--port=5433", f"--port={bi}"),
            ("postgres:5432", f"{LOOPBACK}:{postgres}"),
            ("--port=5432", f"--port={postgres}"),
            ("redis:6379", f"{LOOPBACK}:{redis}"),
            ("--port 6379", f"--port {redis} --bind {LOOPBACK}"),
            ("-p 6379", f"-p {redis}"),
            ("airflow-apiserver:8080", f"{LOOPBACK}:{web}"),
            ("0.0.0.0", LOOPBACK),
            ("/opt/hrtp/dags", str(self.dags)),
            ("/opt/hrtp", str(ROOT)),
            ("/srv/hrtp", str(self.folder / "zones")),
            ("/srv/inbox", str(self.folder / "inbox")),
            ("--dir /tmp", f"--dir {self.folder}"),
        ):
            text = text.replace(theirs, ours)
        return text

    def environment(self, service: str) -> dict[str, str]:
        """What the service's processes see: the file's settings, and nothing of whoever runs the tests."""
        home = self.folder / service
        home.mkdir(exist_ok=True)
        given = self.services[service].get("environment", {})
        environment = {name: self.here(value) for name, value in given.items()}
        if "AIRFLOW__API__PORT" in environment:
            environment["AIRFLOW__API__PORT"] = str(self.ports["web"])
        return environment | {"PATH": self.path, "HOME": str(home), "AIRFLOW_HOME": str(home), "LANG": "C.UTF-8"}

    def command(self, service: str) -> list[str]:
        """The service's command, as the file has it."""
        return [self.here(part) for part in self.services[service]["command"]]

    def log(self, service: str) -> Path:
        """Where the output of a service goes."""
        return self.folder / f"{service}.log"

    def start(self, service: str, command: list[str] | None = None) -> subprocess.Popen[bytes]:
        """Start a service in a session of its own, so that all that it starts can be ended with it."""
        with self.log(service).open("wb") as log:
            process = subprocess.Popen(
                command or self.command(service),
                cwd=ROOT,
                env=self.environment(service),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[service] = process
        return process

    def start_postgres(self, service: str = "postgres") -> None:
        """Do what the image does: make a cluster with the given user, password and options, and serve it."""
        environment = self.environment(service)
        password = self.folder / service / "password"
        password.write_text(environment["POSTGRES_PASSWORD"], encoding="utf-8")
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam(POSTGRES_USER)
            for path in (self.folder / service, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(
            [
                *[*self._as_postgres, "initdb", "--pgdata", str(self._data(service)), "--pwfile", str(password)],
                *["--no-sync", "--username", environment["POSTGRES_USER"]],
                *environment["POSTGRES_INITDB_ARGS"].split(),
            ],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise StackError(f"initdb: {made.stderr}")
        self.serve_postgres(service)

    def _data(self, service: str) -> Path:
        return self.folder / service / "data"

    @property
    def _as_postgres(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        owner = pwd.getpwnam(POSTGRES_USER)
        return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]

    def serve_postgres(self, service: str = "postgres") -> None:
        """Serve the cluster, for the first time or again."""
        options = f"listen_addresses={LOOPBACK} port={self.ports[service]} unix_socket_directories= fsync=off"
        settings = [part for option in options.split() for part in ("-c", option)]
        self.start(service, [*self._as_postgres, "postgres", "-D", str(self._data(service)), *settings])

    def stop_postgres(self) -> None:
        """Take the metadata database away from everybody who is connected (a fast shutdown)."""
        process = self.processes["postgres"]
        process.send_signal(signal.SIGINT)
        if process.wait(PATIENCE_SECONDS) != 0:
            raise StackError(f"PostgreSQL ended with {process.returncode}:\n{self.tail('postgres')}")

    def create_database(self, service: str = "postgres") -> None:
        """Make the database that the image would make."""
        environment = self.environment(service)
        where = f"host={LOOPBACK} port={self.ports[service]} user={environment['POSTGRES_USER']} dbname=postgres"
        subprocess.run(
            ["psql", "--quiet", "-c", f"create database {environment['POSTGRES_DB']}", where],
            env=environment | {"PGPASSWORD": environment["POSTGRES_PASSWORD"]},
            check=True,
        )

    def run_to_the_end(self, service: str, seconds: float) -> None:
        """Run a service that ends by itself."""
        status = self.start(service).wait(seconds)
        if status:
            raise StackError(f"{service} ended with {status}:\n{self.tail(service)}")

    def is_healthy(self, service: str) -> bool:
        """What the service's health check in the file says."""
        kind, *command = self.services[service]["healthcheck"]["test"]
        command = [self.here(part) for part in command]
        run = subprocess.run(
            ["sh", "-c", command[0]] if kind == "CMD-SHELL" else command,
            env=self.environment(service),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return run.returncode == 0

    def wait_healthy(self, services: list[str], seconds: float) -> None:
        """Wait until the health checks pass, in turn."""
        for service in services:
            self._wait_healthy(service, seconds)

    def _wait_healthy(self, service: str, seconds: float) -> None:
        wait_until(lambda: self.is_alive(service) and self.is_healthy(service), seconds, lambda: self.tail(service))

    def is_alive(self, service: str) -> bool:
        """Whether the service still runs; raises with its last words when not."""
        status = self.processes[service].poll()
        if status is not None:
            raise StackError(f"{service} ended with {status}:\n{self.tail(service)}")
        return True

    def revive(self) -> list[str]:
        """Start again what has ended although the file says that it is to be restarted; the names."""
        dead = [
            name
            for name, process in self.processes.items()
            if process.poll() is not None and self.services[name].get("restart", "no") != "no"
        ]
        for name in dead:
            self.start(name)
        return dead

    def tail(self, service: str) -> str:
        """The end of a service's output, and its name."""
        lines = self.log(service).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"--- {service}", *lines[-40:]])

    def stop(self) -> None:
        """End every process of every service: politely, then not."""
        for number, seconds in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            for process in reversed(self.processes.values()):
                _signal(process, number)
            deadline = time.monotonic() + seconds
            while self.survivors() and time.monotonic() < deadline:
                time.sleep(0.1)

    def survivors(self) -> list[int]:
        """Process ids that belong to the stack's sessions and are not yet gone."""
        for process in self.processes.values():
            process.poll()
        ours = {process.pid for process in self.processes.values()}
        return sorted(pid for pid, session in _sessions() if session in ours)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal all processes of one session."""
    for pid, session in _sessions():
        if session == process.pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def _sessions() -> Iterator[tuple[int, int]]:
    """Process id and session id of every process that is not a mere entry of a dead one."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            yield int(stat.parent.name), int(fields[3])


def wait_until(condition: Callable[[], bool], seconds: float, explain: Callable[[], str]) -> None:
    """Ask again and again; the time is a bound for a stack that hangs, not a measure."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(f"not within {seconds:.0f} s:\n{explain()}")
        time.sleep(POLL_SECONDS)


@contextmanager
def running_stack(folder: Path, dags: Mapping[str, str]) -> Iterator[Stack]:
    """Bring the stack up in the order of `depends_on`, and take it down whatever happens."""
    folder.chmod(0o711)  # PostgreSQL runs as somebody else and must find its folder below
    (folder / "dags").mkdir()
    for name, text in dags.items():
        (folder / "dags" / name).write_text(text, encoding="utf-8")
    stack = Stack(folder, folder / "dags")
    try:
        databases = ["postgres", "bi-postgres"]
        for database in databases:
            stack.start_postgres(database)
        stack.start("redis")
        stack.wait_healthy(databases, PATIENCE_SECONDS)
        for database in databases:
            stack.create_database(database)
        stack.wait_healthy(["redis"], PATIENCE_SECONDS)
        stack.run_to_the_end("bi-setup", PATIENCE_SECONDS)
        stack.run_to_the_end("airflow-init", PATIENCE_SECONDS)
        for service in ("airflow-apiserver", "airflow-worker"):
            stack.start(service)
        stack.wait_healthy(["airflow-apiserver"], PATIENCE_SECONDS)
        rest = ["airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"]
        for service in rest:
            stack.start(service)
        stack.wait_healthy([*rest, "airflow-worker"], PATIENCE_SECONDS)
        yield stack
    finally:
        stack.stop()
