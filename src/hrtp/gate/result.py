"""What the gate says about one file. Row numbers, rule ids and column names; never a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from hrtp.contracts import RuleFamily, Severity

ROW_NUMBER = "row_number"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that broke one rule. ``row_number`` counts records as a spreadsheet shows them: the header is 1."""

    row_number: int
    rule_id: str
    column_name: str | None
    severity: Severity
    message: str
    rule_version: int

    @classmethod
    def of(cls, row_number: int, family: RuleFamily, column: str | None) -> Finding:
        """A finding with the catalogue's words."""
        return cls(row_number, family.id, column, family.severity, family.message, family.version)


@dataclass
class GateResult:
    """The gate's verdict on one file.

    ``rejected`` is the reason code of a file that does not load at all, ``held`` that of one that waits for an
    operator; ``detail`` explains either. ``findings`` name the rows for quarantine, by row number, then stage.
    ``duplicates`` are the row numbers of exact repeats, which are dropped; the first of each is not among them.
    ``warnings`` counts (code, column) over the rows that load, and the file's own drift (see ``hrtp.gate.drift``) over
    all of its rows; ``row_warnings`` has the codes of the former by row number.
    """

    rows: int
    rejected: str | None = None
    held: str | None = None
    detail: str = ""
    findings: list[Finding] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    warnings: Counter[tuple[str, str]] = field(default_factory=Counter)
    row_warnings: dict[int, list[str]] = field(default_factory=dict)

    @cached_property
    def quarantined(self) -> frozenset[int]:
        """Row numbers that go to quarantine. Read it when the result is complete."""
        return frozenset(finding.row_number for finding in self.findings if finding.severity == "error")

    @property
    def loaded(self) -> int:
        """How many rows load; 0 for a rejected file."""
        return 0 if self.rejected else self.rows - len(self.quarantined) - len(self.duplicates)

    def good_rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of ``frame`` that load, in their order."""
        if self.rejected:
            return frame.iloc[:0]
        dropped: set[Any] = {*self.quarantined, *self.duplicates}
        return frame[~frame[ROW_NUMBER].isin(dropped)] if dropped else frame
