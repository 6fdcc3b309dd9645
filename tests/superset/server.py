"""The compose file's BI server as plain processes on loopback, before a PostgreSQL that holds a night's marts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from hrtp.bi import publish_to_postgres, set_up
from hrtp.settings import Settings, load_settings
from tests.compose.compose_file import ROOT
from tests.compose.loopback import LOOPBACK, PATIENCE_SECONDS, Stack, StackError, free_port

ENVIRONMENT = ROOT / "superset" / ".venv" / "bin"
MARTS_DATABASE = "hrtp"


@dataclass
class BiServer(Stack):
    """PostgreSQL with the marts and Superset's metadata, and Superset: the compose file's commands and settings."""

    def __post_init__(self) -> None:
        """Choose ports and secrets, and fill in the file."""
        if not (ENVIRONMENT / "gunicorn").exists():
            raise StackError("superset/.venv is not there; run: make superset/.venv/.synced")
        super().__post_init__()
        self.ports["superset"] = free_port()
        self.path = f"{ENVIRONMENT}:{self.path}"
        self.settings |= {
            "SUPERSET_ADMIN_USER": "desk",
            "SUPERSET_ADMIN_EMAIL": "desk@example.org",
            "SUPERSET_VIEWER_USER": "manager",
            "SUPERSET_BI_URI": f"postgresql://bi_reader:{self.password('BI_READER')}@{self._postgres}/{MARTS_DATABASE}",
        }
        self.refill()

    @property
    def url(self) -> str:
        """Where Superset answers."""
        return f"http://{LOOPBACK}:{self.ports['superset']}"

    @property
    def _postgres(self) -> str:
        return f"{LOOPBACK}:{self.ports['postgres']}"

    def password(self, name: str) -> str:
        """A secret of this run, made when it is first asked for."""
        return self.settings.setdefault(f"{name}_PASSWORD", f"{name.lower()}{self.settings['POSTGRES_PASSWORD']}")

    def here(self, text: str) -> str:
        """As for the other services; the metadata lies in a database of the one PostgreSQL."""
        for theirs, ours in (
            ("superset-postgres:5432", self._postgres),
            ("0.0.0.0:8088", f"{LOOPBACK}:{self.ports['superset']}"),
            ("127.0.0.1:8088", f"{LOOPBACK}:{self.ports['superset']}"),
            ("/opt/superset", str(ROOT / "superset")),
        ):
            text = text.replace(theirs, ours)
        return super().here(text)

    def environment(self, service: str) -> dict[str, str]:
        """As for the other services, with what would be a container's own folders."""
        environment = super().environment(service)
        if service == "superset":
            environment |= {"SUPERSET_HOME": environment["HOME"], "SUPERSET_TMP": environment["HOME"]}
            environment["SUPERSET_WORKERS"] = "1"  # of two cores one is the browser's
        return environment

    def administrators_dsn(self, database: str) -> str:
        """The superuser's connection to a database."""
        return f"postgresql://airflow:{self.settings['POSTGRES_PASSWORD']}@{self._postgres}/{database}"

    def run_sql(self, database: str, *statements: str) -> None:
        """Run statements as the superuser."""
        commands = [part for statement in statements for part in ("-c", statement)]
        psql = ["psql", "--quiet", "--set=ON_ERROR_STOP=1", self.administrators_dsn(database), *commands]
        subprocess.run(psql, check=True, env=self.environment("postgres"), capture_output=True)

    def bi_settings(self, home: Path) -> Settings:
        """Settings of `home` with which its published night goes to this PostgreSQL."""
        publisher = f"postgresql://bi_publisher:{self.password('BI_PUBLISHER')}@{self._postgres}/{MARTS_DATABASE}"
        settings = load_settings(home=home)
        return settings.model_copy(
            update={
                name: type(settings).model_fields[name].annotation and _secret(value)
                for name, value in {
                    "postgres_dsn": publisher,
                    "postgres_admin_dsn": self.administrators_dsn(MARTS_DATABASE),
                }.items()
            }
        )

    def is_up(self) -> bool:
        """Whether Superset answers; raises with its last words when it has ended."""
        self.is_alive("superset")
        try:
            return requests.get(f"{self.url}/health", timeout=5).ok
        except requests.ConnectionError:
            return False
