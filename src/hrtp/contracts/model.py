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
    carry its own sector only. ``max_distinct`` is how many different values a column of few values may have in one
    file before somebody should look.
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
    max_distinct: int | None = None

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
    earliest_date: dt.date
    latest_date: dt.date
    county_zip_pattern: str
    zip_pattern: str
    ein_pattern: str
    test_words: tuple[str, ...]
    null_tokens: tuple[str, ...]
    codelist_rows: int
    drift_unknown_values: int
    hold_quarantine_share: Decimal
    hold_quarantine_rows: int


class Reversal(Frozen):
    """A column that does not go back: rows that met ``was`` should still do so in the next submission.

    One row is a correction: it loads, is noted (REVERSED) and somebody is told. Many are held.
    """

    column: str
    was: Condition
    at_least_rows: int = Field(default=3, ge=1, description="FORBIDDEN_REVERSAL from so many rows on ...")
    share: Decimal = Field(default=Decimal("0.05"), description="... and over this share of those that met it.")


class PersonColumns(Frozen):
    """Where a person stands in a row, for telling whether an id still carries the same one."""

    first_name: str
    last_name: str
    date_of_birth: str
    vouchers: tuple[str, ...] = Field(default=(), description="Equal values here say that it is the same person.")


class BetweenSubmissions(Frozen):
    """How far a file may differ from what the same partner sent before; beyond, it waits for an operator.

    Shares are of the last accepted full export. Small files move by large shares: nothing is held over fewer than
    ``at_least_rows`` rows.
    """

    row_count_floor: Decimal = Field(default=Decimal("0.5"), description="HELD_VOLUME under this share of its rows.")
    row_count_ceiling: Decimal = Field(default=Decimal("3"), description="HELD_VOLUME over this multiple of its rows.")
    vanished_share: Decimal = Field(default=Decimal("0.2"), description="KEYS_VANISHED over this share of its keys.")
    at_least_rows: int = Field(default=10, ge=1, description="For the row count, vanished keys and older content.")
    forbidden_reversals: tuple[Reversal, ...] = Field(default=(), description="FORBIDDEN_REVERSAL.")
    moved_dates: tuple[str, ...] = Field(default=(), description="DATE_MOVED a row, DATES_MOVED a file.")
    moved_days: int = Field(default=30, ge=1, description="A date moved if by more days than this.")
    moved_share: Decimal = Field(default=Decimal("0.05"), description="DATES_MOVED over this share of known rows.")
    moved_at_least_rows: int = Field(default=3, ge=1)
    person: PersonColumns | None = Field(default=None, description="IDENTITY_CONFLICT, ID_SCHEME_CHANGE.")
    ids_at_least: int = Field(default=5, ge=1, description="ID_SCHEME_CHANGE: from so many ids on.")
    ids_kept_share: Decimal = Field(default=Decimal("0.1"), description="... fewer ids than this are still there")
    ids_persons_share: Decimal = Field(default=Decimal("0.5"), description="... while more persons than this are.")
    ids_reused_share: Decimal = Field(default=Decimal("0.2"), description="... or more ids carry somebody else.")


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
    between_submissions: BetweenSubmissions | None = None
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
