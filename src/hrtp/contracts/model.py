"""The contract of an entity, resolved: what the reader, the gate and the renderers work with.

Source of every column and code: the partners' export contract, version 1. Source of every rule: the fault catalogue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer

ColumnType = Literal["id", "text", "date", "code", "code_set", "flag", "decimal", "integer", "ein", "digits"]
SourceKind = Literal["sector_intermediary", "ajcc", "program_office"]
Severity = Literal["reject", "error", "warn"]
Stage = Literal["file", "columns", "values", "duplicates", "logic"]
FoundBy = Literal["transport", "landing", "reader", "gate", "loader"]

ISO_DATE = "%Y-%m-%d"
CODE_SET_SEPARATOR = "|"

Condition = tuple[str, ...] | Literal["present", "blank"]
When = Annotated[
    dict[str, Condition],
    Field(description="Which rows: every named column is one of the values, or `present`, or `blank`."),
]


class Frozen(BaseModel):
    """Base of all contract models: cannot be changed, and takes no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Frozen):
    """One column of an entity.

    ``max_length`` counts characters. ``date_formats`` are those of the canonical form; a partner's own stand in its
    source file. ``event`` marks a date that may not lie after the day the export runs through, in the rows that
    ``event_when`` picks (all, where it is empty). ``own_sector`` marks a sector column in which an intermediary may
    carry its own sector only.
    """

    name: str
    type: ColumnType
    required: bool = False
    pii: bool = False
    codes: tuple[str, ...] = ()
    max_length: int
    description: str
    unit: str | None = None
    header_names: tuple[str, ...] = ()
    date_formats: tuple[str, ...] = ()
    event: bool = False
    event_when: dict[str, Condition] = Field(default_factory=dict)
    digits: int | None = None
    own_sector: bool = False

    @property
    def accepted_headers(self) -> tuple[str, ...]:
        """Canonical header spellings: the column's own name and its further ones."""
        return (self.name, *self.header_names)


class RuleFamily(Frozen):
    """One reason code of the catalogue: what it means, wherever it is applied. No message ever holds a value."""

    id: str
    version: int = 1
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


class Rule(Frozen):
    """A rule of the catalogue applied to columns of one entity.

    ``expectation`` is a Great Expectations type in snake case. ``helper`` names the calculation whose result the
    expectation looks at instead of the column itself (an age, an hourly wage).
    """

    id: str
    version: int
    severity: Severity
    stage: Stage
    columns: tuple[str, ...]
    expectation: str
    helper: str | None = None
    kwargs: dict[str, Any] = Field(default_factory=dict)
    when: dict[str, Condition] = Field(default_factory=dict)
    message: str
    how_to_resolve: str

    @property
    def column(self) -> str | None:
        """The column that a finding names: the first one; none for rules of the whole file."""
        return self.columns[0] if self.columns else None

    @property
    def row_condition(self) -> str | None:
        """Which rows the rule looks at, for people and renderers; ``None`` is every row."""
        return describe_when(self.when) or None


class Parameters(Frozen):
    """The numbers and patterns that rules use. Units are in the names, sources beside them in the file."""

    minimum_wage: dict[dt.date, Decimal]
    wage_cap_usd_per_hour: Decimal
    wage_floor_usd_per_hour: Decimal
    annual_salary_from_usd: Decimal
    assumed_hours_per_week: Decimal
    weeks_per_year: int
    hours_in_week: int
    min_age_years: int
    max_age_years: int
    county_zip_pattern: str
    zip_pattern: str
    ein_pattern: str
    test_words: tuple[str, ...]
    hold_quarantine_share: Decimal
    hold_quarantine_rows: int


class EntityContract(Frozen):
    """The contract of one entity with its rules resolved, in the order in which the gate applies them."""

    entity: str
    title: str
    description: str
    key: tuple[str, ...]
    kinds: frozenset[SourceKind]
    may_be_empty: bool = False
    columns: dict[str, Column]
    rules: tuple[Rule, ...]
    parameters: Parameters
    catalogue: dict[str, RuleFamily] = Field(exclude=True, repr=False)

    @field_serializer("kinds")
    def _sorted_kinds(self, kinds: frozenset[SourceKind]) -> list[SourceKind]:
        """In a fixed order, so that a fingerprint of the contract is the same in every process."""
        return sorted(kinds)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns that a file must have, in contract order."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def pii_columns(self) -> tuple[str, ...]:
        """Columns that stay in the restricted zones."""
        return tuple(name for name, column in self.columns.items() if column.pii)


def describe_when(when: Mapping[str, Condition]) -> str:
    """A condition in words that SQL readers know, e.g. ``status in (active, completed)``; empty for no condition."""
    parts = []
    for column, condition in when.items():
        if condition == "present":
            parts.append(f"{column} is not blank")
        elif condition == "blank":
            parts.append(f"{column} is blank")
        else:
            parts.append(f"{column} in ({', '.join(condition)})")
    return " and ".join(parts)
