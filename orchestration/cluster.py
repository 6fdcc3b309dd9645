"""Real Airflow on this machine: api-server, scheduler, dag-processor and triggerer, on loopback.

``make airflow`` runs it for a person who wants to see the web page; the end-to-end test runs it too. Not for
production: that is ``docker-compose.yml``. (``airflow standalone`` does much the same, and listens on every interface.)
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

CHECKOUT = Path(__file__).resolve().parents[1]
if not __package__:
    sys.path[0] = str(CHECKOUT)

from hrtp.process import die_with_parent  # noqa: E402
from hrtp.settings import load_settings  # noqa: E402
from orchestration.environment import ADMIN, airflow_environment, passwords_file  # noqa: E402

#: ``--skip-serve-logs``: the api-server reads the log files itself; a log server would be one more open port.
SERVICES: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
STOP_SECONDS = 20.0
READY_SECONDS = 120.0


class LocalAirflow:
    """The four services, as a context manager: started on entry, healthy when entered, stopped on exit."""

    def __init__(self, home: Path, project: Path, port: int | None = None) -> None:
        """Take ``HRTP_HOME``, the checkout and a port; a free one where none is given. Starts nothing yet."""
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.logs = home / "logs" / "services"
        self._environment = os.environ | airflow_environment(home, project, port=self.port)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def password(self) -> str:
        """Password of the user ``admin``."""
        return str(json.loads(passwords_file(self.home).read_text(encoding="utf-8"))[ADMIN])

    @property
    def pids(self) -> dict[str, int]:
        """Process id of every service."""
        return {name: process.pid for name, process in self._processes.items()}

    def __enter__(self) -> Self:
        """Start the services and wait until all of them report to be healthy."""
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self._prepare()
            for name, command in SERVICES.items():
                self._start(name, command)
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the services."""
        self.stop()

    def stop(self) -> None:
        """Ask every service to stop; after a while, kill its whole process group."""
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            # its own session: what is left of the group are workers that outlived their service
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait(self) -> str:
        """Wait until a service ends by itself, and name it."""
        while True:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    return name
            time.sleep(1)

    def _prepare(self) -> None:
        code = (
            "import sys; from pathlib import Path; from orchestration.metadata import prepare_database; "
            "prepare_database(Path(sys.argv[1]))"
        )
        with (self.logs / "database.log").open("wb") as log:
            subprocess.run(
                [sys.executable, "-c", code, str(self.home)],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )

    def _start(self, name: str, command: Iterable[str]) -> None:
        with (self.logs / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", *command],
                env=self._environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid(), by=signal.SIGTERM),
            )

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        missing = "api-server"
        while time.monotonic() < deadline:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with {process.returncode}; its log is in {self.logs}")
            missing = self._unhealthy()
            if not missing:
                return
            time.sleep(0.5)
        raise TimeoutError(f"not healthy after {READY_SECONDS:.0f} s: {missing}; logs are in {self.logs}")

    def _unhealthy(self) -> str:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
                health = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return "api-server"
        parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        return ", ".join(part for part in parts if (health.get(part) or {}).get("status") != "healthy")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Run the services until Ctrl-C, and say where the web page is."""
    parser = argparse.ArgumentParser(description="Run Airflow on this machine, on loopback.")
    parser.add_argument("--port", type=int, help="port of the web page; a free one when left out")
    options = parser.parse_args()
    settings = load_settings()
    settings.make_zones()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("starting Airflow ...", flush=True)
    try:
        with LocalAirflow(settings.home, settings.project, options.port) as airflow:
            print(f"Airflow is at {airflow.url}  user {ADMIN}, password in {passwords_file(settings.home)}")
            print(f"logs are in {airflow.logs}; stop with Ctrl-C", flush=True)
            print(f"{airflow.wait()} has ended; its log is in {airflow.logs}")
            return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
