"""The two forms of file under ``expectations/``, exactly as people write them; editors get a JSON Schema of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hrtp.contracts.model import (
    BetweenSubmissions,
    ColumnType,
    Condition,
    FoundBy,
    Frozen,
    Parameters,
    Severity,
    SourceKind,
    Stage,
)


class ColumnSpec(Frozen):
    """One column as written in ``expectations/<entity>.yml``."""

    type: ColumnType = Field(
        description="id: opaque text of 1 to 64 characters. code: one of codes. code_set: several, joined by `|`. "
        "flag: Y, N or blank. ein: NN-NNNNNNN. digits: exactly `digits` digits."
    )
    description: str
    required: bool = Field(default=False, description="Every row needs a value, and every file the column.")
    pii: bool = Field(default=False, description="The column stays in the restricted zones.")
    codes: tuple[str, ...] = Field(default=(), description="The codes of a code or code_set column.")
    code_list: str | None = Field(default=None, description="Or the name of a list in _rules.yml.")
    max_length: int | None = Field(default=None, ge=1, description="Characters; the type has a default.")
    unit: str | None = Field(default=None, description="Unit of a number.")
    header_names: tuple[str, ...] = Field(default=(), description="Further canonical header spellings.")
    date_formats: tuple[str, ...] = Field(default=(), description="Canonical formats of a date, strptime form.")
    event: bool = Field(default=False, description="The date may not lie after the day the export runs through.")
    event_when: dict[str, Condition] = Field(default_factory=dict, description="In which rows it is an event.")
    digits: int | None = Field(default=None, ge=1, description="How many digits a digits column has.")
    own_sector: bool = Field(default=False, description="An intermediary may carry its own sector only.")
    max_distinct: int | None = Field(
        default=None,
        ge=1,
        description="More different values than this in one file are a drift that somebody looks at.",
    )


class RuleUse(Frozen):
    """A rule of the catalogue applied to columns of the entity."""

    id: str = Field(description="A rule id of _rules.yml.")
    columns: tuple[str, ...] = Field(min_length=1, description="The first one is named in findings.")
    kwargs: dict[str, Any] = Field(
        default_factory=dict, description="What the expectation compares with, over the catalogue's own."
    )
    when: dict[str, Condition] = Field(
        default_factory=dict, description="Which rows: column: [values], or column: present, or column: blank."
    )


class EntityFile(Frozen):
    """``expectations/<entity>.yml``."""

    entity: str
    title: str
    description: str
    key: tuple[str, ...] = Field(min_length=1, description="The columns that identify a row within a source.")
    kinds: frozenset[SourceKind] = Field(min_length=1, description="Kinds of source that deliver the entity.")
    may_be_empty: bool = Field(default=False, description="A file with a header and no rows is accepted.")
    columns: dict[str, ColumnSpec] = Field(min_length=1)
    rules: tuple[RuleUse, ...] = ()
    between_submissions: BetweenSubmissions | None = Field(
        default=None, description="What is compared with the partner's earlier submissions, and how far it may go."
    )


class FamilySpec(Frozen):
    """One entry of the rule catalogue as written in ``expectations/_rules.yml``."""

    version: int = Field(default=1, ge=1)
    severity: Severity
    stage: Stage
    found_by: FoundBy
    automatic: bool = False
    expectation: str | None = None
    kwargs: dict[str, Any] = Field(default_factory=dict)
    helper: str | None = None
    message: str
    how_to_resolve: str
    intent: str


class RulesFile(Frozen):
    """``expectations/_rules.yml``."""

    code_lists: dict[str, tuple[str, ...]]
    parameters: Parameters
    rules: dict[str, FamilySpec]
