"""What a file in ``sources/`` may say: one YAML a partner, and nothing else to add one."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hrtp.transport.model import TransportConfig

SourceKind = Literal["sector_intermediary", "ajcc", "program_office"]


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Aliases = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Owner(_Model):
    """Who at the partner answers for its files."""

    name: str = Field(min_length=1)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")


class Trailer(_Model):
    """A last row that is not data: how it is known, and where it states the count of rows."""

    marker: str = Field(min_length=1, description="what the trailer's first cell starts with")
    count_column: int | None = Field(default=None, ge=1, description="1-based column that holds the row count")


class FileFormat(_Model):
    """The partner's declared form; the canonical form is always accepted besides."""

    container: Literal["csv", "xlsx"] = "csv"
    encoding: Literal["utf-8", "cp1252", "utf-16"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    skip_rows: int = Field(default=0, ge=0, le=50, description="title rows above the header")
    trailer: Trailer | None = None


class EntityMapping(_Model):
    """How this partner delivers one entity of the contract."""

    mode: Literal["full", "delta"] = "full"
    file: str | None = Field(default=None, description="file name with {date}, where it is not <entity>_{date}.csv")
    sheet: str | None = Field(default=None, description="sheet name in a workbook, where it is not the entity")
    columns: dict[str, Aliases] = Field(default_factory=dict, description="canonical column: the partner's header(s)")
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="canonical column: {partner's label: canonical code}"
    )
    date_formats: Aliases | None = None
    allow_empty: bool = False

    @model_validator(mode="after")
    def _date_in_name(self) -> Self:
        if self.file is not None and self.file.count("{date}") != 1:
            raise ValueError("file must hold {date} once, where YYYYMMDD of data_through stands")
        return self


class SourceConfig(_Model):
    """One partner: who, when, from where, in which form."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]{1,62}$")
    name: str
    kind: SourceKind
    sector: str | None = Field(default=None, description="sector key; sector intermediaries only")
    owner: Owner
    schedule: str = Field(default="0 1 * * *", description="cron in America/Los_Angeles")
    tags: tuple[str, ...] = ()
    retries: int = Field(default=2, ge=0, le=10)
    timeout_minutes: int = Field(default=30, ge=1)
    deadline_minutes: int = Field(default=240, ge=1, description="alert when not in so long after the slot")
    late_after_days: int = Field(default=3, ge=0, description="late when as_of is further past data_through")
    transport: TransportConfig
    feedback: TransportConfig | None = Field(
        default=None,
        description="where the partner's feedback files are put: file:, sftp: or s3:; not where it delivers",
    )
    format: FileFormat = FileFormat()
    date_formats: Aliases = ()
    null_values: tuple[str, ...] = ()
    entities: dict[str, EntityMapping] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sector_of_kind(self) -> Self:
        if (self.kind == "sector_intermediary") != (self.sector is not None):
            raise ValueError("sector is required for a sector_intermediary, and only there")
        if not re.fullmatch(r"(\S+\s+){4}\S+", self.schedule.strip()):
            raise ValueError("schedule must be a cron expression of five fields")
        return self

    @model_validator(mode="after")
    def _feedback_goes_elsewhere(self) -> Self:
        if self.feedback is None:
            return self
        if self.feedback.scheme in {"http", "https"}:
            raise ValueError("feedback cannot be put on a web server; its url must begin with file:, sftp: or s3:")
        if self.feedback.url.rstrip("/") == self.transport.url.rstrip("/"):
            raise ValueError("feedback needs a folder of its own: among the exports it would be fetched as one")
        return self

    @model_validator(mode="after")
    def _forms_differ_by_header(self) -> Self:
        wire = self.format.delimiter != "," or self.format.encoding == "utf-16" or self.format.skip_rows > 0
        for entity, mapping in self.entities.items():
            dates = mapping.date_formats or self.date_formats
            if (mapping.values or any(f != "%Y-%m-%d" for f in dates)) and not (mapping.columns or wire):
                raise ValueError(
                    f"entities.{entity} has its own labels or dates but no header of its own: nothing would tell its "
                    "form from the canonical one; give it columns, or a delimiter or skip_rows"
                )
        return self

    def mapping(self, entity: str) -> EntityMapping:
        """The mapping of ``entity``; canonical where the YAML is silent."""
        return self.entities.get(entity, _CANONICAL)

    def dates_of(self, entity: str) -> tuple[str, ...]:
        """Date formats of the declared form of ``entity``."""
        return self.mapping(entity).date_formats or self.date_formats


_CANONICAL = EntityMapping()
