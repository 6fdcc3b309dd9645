"""What is known behind one figure; ``docs/schemas/explain.schema.json`` is rendered from these classes.

In JSON dates are ISO text and decimals are text, so that no reader rounds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Value:
    """The row of ``indicator_values``."""

    indicator_key: str
    charter_number: int | None
    name: str
    unit: str
    sector: str
    period_type: str
    period_start: date
    period_end: date
    value_to_date: Decimal | None
    value_in_period: Decimal | None
    value_reason: str | None
    numerator: int | None
    denominator: int | None
    n_unknown: int
    n_missing: int
    baseline: Decimal | None
    target: Decimal | None
    target_scope: str | None
    attainment: Decimal | None
    meets_baseline: bool | None
    meets_target: bool | None
    sectors_covered: int | None
    sectors_meeting: int | None
    is_applicable: bool
    as_of_date: date
    data_through_date: date | None
    is_stale: bool
    n_sources_stale: int


@dataclass(frozen=True)
class Count:
    """How the value comes out of the evidence: ``recount`` is reckoned from the rows here, not read from the marts.

    ``n_rows`` and ``n_subjects`` are those that count; ``numerator`` and ``denominator`` subjects of a percentage, of
    a median the denominator is the number of wages. ``recount`` is None where the figure is, or too few are known.
    """

    aggregation: str
    n_rows: int
    n_subjects: int
    numerator: int | None
    denominator: int | None
    recount: Decimal | None
    agrees: bool


@dataclass(frozen=True)
class Month:
    """The value as of the end of a month; the running one ends on the day."""

    period_end: date
    value_to_date: Decimal | None


@dataclass(frozen=True)
class Identity:
    """How far the figure hangs on who is one person: the row of ``indicator_identity``."""

    unit: str
    value: Decimal | None
    value_deterministic: Decimal | None
    value_probabilistic: Decimal | None
    value_if_none_merged: Decimal | None
    value_if_all_merged: Decimal | None
    n_review_pairs: int
    is_in_doubt: bool


@dataclass(frozen=True)
class FromSource:
    """What one partner brings to the figure. Subjects of two partners are one in the value."""

    source: str
    n_rows: int
    n_rows_counted: int
    n_subjects_counted: int


@dataclass(frozen=True)
class LeftOut:
    """Rows of evidence that do not count, by reason; ``n_subjects`` leaves out rows whose subject is not known."""

    reason: str
    n_rows: int
    n_subjects: int
    meaning: str
    what_would_count: str


@dataclass(frozen=True)
class EvidenceRow:
    """One row of evidence, as it counts on the day and in the sector that are explained."""

    sector: str | None
    subject_key: str | None
    event_date: date | None
    end_date: date | None
    amount: Decimal | None
    is_counted: bool
    is_unknown: bool
    reason: str | None
    flag: str | None
    source: str
    file_name: str | None
    file_sha256: str
    row_number: int


@dataclass(frozen=True)
class EvidenceFile:
    """A partner's file in which evidence or a row in quarantine stands, or that waits itself.

    ``received_at`` is UTC; ``landing_path`` is below HRTP_HOME, in the restricted zone.
    """

    source: str
    source_name: str | None
    file_name: str | None
    file_sha256: str
    data_through_date: date | None
    received_at: datetime | None
    state: str | None
    contact_name: str | None
    contact_email: str | None
    landing_path: str


@dataclass(frozen=True)
class QuarantinedRow:
    """A row of a feeding file that did not load: by reference, never by value."""

    source: str
    entity: str
    file_name: str
    file_sha256: str
    row_number: int
    rule_id: str
    column_name: str | None
    message: str
    how_to_resolve: str | None


@dataclass(frozen=True)
class ByRule:
    """How many rows of one source and entity broke one rule."""

    source: str
    entity: str
    rule_id: str
    message: str
    n_rows: int


@dataclass(frozen=True)
class WaitingFile:
    """A feeding file of which nothing is in the figures: held or rejected, and not overtaken."""

    source: str
    entity: str | None
    file_name: str
    file_sha256: str
    state: str
    reason: str | None
    rows_in: int | None
    received_at: datetime | None
    message: str | None
    how_to_resolve: str | None


@dataclass(frozen=True)
class Undelivered:
    """An entity that a feeding source has never delivered, or has delivered less far than its others."""

    source: str
    entity: str
    data_through_date: date | None
    is_missing: bool


@dataclass(frozen=True)
class NotInEvidence:
    """What never reached the evidence and could still move the figure.

    ``by_rule`` counts quarantined rows by source, entity and rule; a row with two errors stands under both.
    """

    entities: list[str]
    n_rows_quarantined: int
    by_rule: list[ByRule]
    rows: list[QuarantinedRow]
    files: list[WaitingFile]
    undelivered: list[Undelivered]


@dataclass(frozen=True)
class Explanation:
    """Everything behind one figure; ``identity`` is None where it is not to date or counts no persons."""

    value: Value
    definition: str
    unknown_definition: str | None
    owner: str | None
    count: Count
    months: list[Month]
    identity: Identity | None
    by_source: list[FromSource]
    left_out: list[LeftOut]
    not_in_evidence: NotInEvidence
    files: list[EvidenceFile]
    evidence: list[EvidenceRow]


@dataclass(frozen=True)
class Summary:
    """One figure without its rows, of ``hrtp explain --all``."""

    value: Value
    definition: str
    count: Count
    left_out: list[LeftOut]


@dataclass(frozen=True)
class Summaries:
    """All figures of one sector to date."""

    sector: str
    indicators: list[Summary]


EXPLANATION = TypeAdapter(Explanation)
SUMMARIES = TypeAdapter(Summaries)


def to_document(found: Explanation | Summaries) -> dict[str, Any]:
    """For ``--json``."""
    adapter: TypeAdapter[Any] = EXPLANATION if isinstance(found, Explanation) else SUMMARIES
    document: dict[str, Any] = json.loads(adapter.dump_json(found))
    return document
