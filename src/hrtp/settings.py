"""Settings: environment variables or ``.env``, all named ``HRTP_*``; embedded defaults everywhere."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hrtp.errors import SettingsError

#: Zones that hold people: only the service account may look inside.
RESTRICTED_ZONES = ("landing", "raw", "quarantine", "identity", "airflow", "logs", "feedback", "drilldowns")


class Settings(BaseSettings):
    """What a deployment decides. Every zone is a folder under ``home``."""

    model_config = SettingsConfigDict(
        env_prefix="HRTP_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(default=Path("var"), description="folder of all zones")
    project: Path = Field(
        default_factory=lambda: _checkout(),
        description="folder with sources/, expectations/, identity/, dbt_project/, seeds/, dags/",
    )
    exports: Path | None = Field(default=None, description="overrides every source's transport with EXPORTS/<source>/")
    inbox: Path | None = Field(default=None, description="where partners drop files; default HOME/inbox")
    reference: Path | None = Field(
        default=None, description="where published lists of tracts are dropped in; default HOME/reference"
    )
    as_of: date | None = Field(default=None, description="day that the figures speak of; default today in Los Angeles")
    person_key: SecretStr | None = Field(default=None, description="pseudonym secret, 32 bytes or more")
    person_key_new: SecretStr | None = Field(
        default=None, description="the secret that `hrtp key rotate` puts in its place; unset at all other times"
    )
    postgres_dsn: SecretStr | None = Field(
        default=None, description="PostgreSQL that BI tools read; the marts are published there too"
    )
    postgres_admin_dsn: SecretStr | None = Field(
        default=None, description="an administrator's connection to it, for `hrtp bi setup` alone"
    )
    bi_publisher_password: SecretStr | None = Field(
        default=None, min_length=12, description="`hrtp bi setup` sets it for the login bi_publisher"
    )
    bi_reader_password: SecretStr | None = Field(
        default=None, min_length=12, description="`hrtp bi setup` sets it for the login bi_reader, which BI tools use"
    )
    engine: Literal["duckdb"] = Field(default="duckdb", description="warehouse engine")
    max_file_bytes: int = Field(default=4 * 1024**3, ge=1, description="a larger file is rejected unread")
    memory_limit: str = Field(default="4GB", description="DuckDB's memory limit for a build")
    threads: int = Field(default=2, ge=1, description="DuckDB threads of a build")
    warehouse_cutoff: str = Field(
        default="0 6 * * *", description="cron (Los Angeles) at which the warehouse builds with what has come"
    )
    alert_urls: SecretStr | None = Field(
        default=None, description="where alerts go: Apprise URLs, comma-separated (mailtos://..., slack://...)"
    )
    alert_webhook: SecretStr | None = Field(
        default=None, description='incoming webhook that takes {"text": ...}; https, or http on this machine'
    )
    alert_owners: bool = Field(
        default=False, description="send a source's alerts by e-mail to its owner as well (copy), not to the desk alone"
    )
    heartbeat_url: SecretStr | None = Field(
        default=None, description="dead-man's switch: called when a night ended well; https, or http on this machine"
    )

    data_desk: str = Field(
        default="HRTP data desk, Los Angeles County Department of Economic Opportunity",
        min_length=1,
        description="whom a partner's clerk writes to; stands in every feedback file, so name an address",
    )

    @field_validator("home", "project", "exports", "inbox", "reference")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("alert_webhook", "heartbeat_url")
    @classmethod
    def _is_private(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_private_url(value.get_secret_value()):
            raise ValueError("must be an https URL (http only to this machine); the value is not shown, it is a secret")
        return value

    @field_validator("project")
    @classmethod
    def _is_project(cls, value: Path) -> Path:
        if not (value / "sources").is_dir():
            raise ValueError(f"{value} has no sources/ folder; set HRTP_PROJECT to the checkout")
        return value

    @cached_property
    def landing(self) -> Path:
        """Bytes as they came, by sha256 (restricted)."""
        return self.home / "landing"

    @cached_property
    def raw(self) -> Path:
        """Delta tables, one an entity (restricted)."""
        return self.home / "raw"

    @cached_property
    def quarantine(self) -> Path:
        """Delta table of bad rows by reference, never by value (restricted)."""
        return self.home / "quarantine"

    @cached_property
    def identity(self) -> Path:
        """Which records are one person (restricted)."""
        return self.home / "identity"

    @cached_property
    def warehouse(self) -> Path:
        """The dbt-built DuckDB file; no names."""
        return self.home / "warehouse"

    @cached_property
    def published(self) -> Path:
        """What readers open."""
        return self.home / "published"

    @cached_property
    def staff(self) -> Path:
        """The scorecard page with every sector's figures, for staff; not published."""
        return self.home / "staff"

    @cached_property
    def logs(self) -> Path:
        """Log files of runs."""
        return self.home / "logs"

    @cached_property
    def data_docs(self) -> Path:
        """Great Expectations' Data Docs; no values."""
        return self.home / "data_docs"

    @cached_property
    def feedback(self) -> Path:
        """What partners are told about their files, a folder a source (restricted)."""
        return self.home / "feedback"

    @cached_property
    def drilldowns(self) -> Path:
        """From a figure to the rows behind it, for staff; never served (restricted)."""
        return self.home / "drilldowns"

    @cached_property
    def inbox_root(self) -> Path:
        """Where folder transports look by default (``HRTP_INBOX``)."""
        return self.inbox or self.home / "inbox"

    @cached_property
    def reference_root(self) -> Path:
        """Where published lists are dropped in (``HRTP_REFERENCE``); no person is in them."""
        return self.reference or self.home / "reference"

    @cached_property
    def accepted_lists(self) -> Path:
        """The published lists as they were last accepted."""
        return self.home / "accepted_lists"

    def make_zones(self) -> None:
        """Create every zone with its permissions: restricted 0700, warehouse and staff 0750, published 0755."""
        self.home.mkdir(parents=True, exist_ok=True)
        for name in RESTRICTED_ZONES:
            _folder(self.home / name, 0o700)
        for path in (self.warehouse, self.staff):
            _folder(path, 0o750)
        for path in (self.published, self.data_docs):
            _folder(path, 0o755)


def is_private_url(url: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or http that stays on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host)))


def is_this_machine(host: str) -> bool:
    """Whether a host name or address is the loopback."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: one line naming each wrong variable and what it must be.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"HRTP_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()
        ]
        raise SettingsError("; ".join(lines) + " (set it in the environment or in .env)") from None


def _checkout() -> Path:
    """The checkout: the current folder or the one that this package runs from."""
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        if (folder / "sources").is_dir() and (folder / "dbt_project").is_dir():
            return folder
    return Path.cwd()


def _folder(path: Path, mode: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    if (path.stat().st_mode & 0o777) != mode:
        path.chmod(mode)
