"""Where the gate leaves its validation results for Data Docs: one JSON file a validated file, without any value."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrtp.contracts import EntityContract

if TYPE_CHECKING:
    from hrtp.gate.engine import Outcome

VALIDATIONS_FOLDER = "validations"
SHOWN_ROW_NUMBERS = 20
_SHORT_HASH = 12


@dataclass(frozen=True)
class DocsSink:
    """The results of one file go to ``<folder>/validations/<source>/<entity>/<first 12 of the sha256>.json``."""

    folder: Path
    source: str
    entity: str
    file_sha256: str

    @property
    def path(self) -> Path:
        """The JSON file."""
        name = f"{self.file_sha256[:_SHORT_HASH]}.json"
        return self.folder / VALIDATIONS_FOLDER / self.source / self.entity / name

    def write(
        self,
        contract: EntityContract,
        outcomes: Sequence[Outcome],
        *,
        rows: int,
        data_through: dt.date,
        received_date: dt.date,
    ) -> None:
        """Write the results; a repeated run writes the same bytes."""
        from hrtp.gate.engine import configuration_of

        written = {
            "source": self.source,
            "entity": contract.entity,
            "file_sha256": self.file_sha256,
            "data_through": data_through.isoformat(),
            "received_date": received_date.isoformat(),
            "rows": rows,
            "results": [_result(outcome, configuration_of(outcome.rule)) for outcome in outcomes],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(written, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(part, self.path)


def _result(outcome: Outcome, configuration: dict[str, Any]) -> dict[str, Any]:
    """A validation result in Great Expectations' own form: counts and row numbers."""
    failed = len(outcome.row_numbers)
    result: dict[str, Any] = {}
    if not outcome.rule.expectation.startswith("expect_table_"):
        result = {
            "element_count": outcome.rows,
            "unexpected_count": failed,
            "unexpected_percent": 100.0 * failed / outcome.rows if outcome.rows else 0.0,
        }
    configuration["description"] = _description(outcome)
    return {"success": outcome.success, "expectation_config": configuration, "result": result}


def _description(outcome: Outcome) -> str:
    """What stands beside the verdict on the page: rule, meaning, condition and the first rows that broke it."""
    rule = outcome.rule
    named = f" {', '.join(rule.columns)}." if rule.columns else ""
    said = f"{rule.id} version {rule.version} ({rule.severity}):{named} {rule.message}"
    if rule.when:
        said += f" Looks at rows where {rule.row_condition}."
    if outcome.row_numbers:
        shown = ", ".join(str(number) for number in sorted(outcome.row_numbers)[:SHOWN_ROW_NUMBERS])
        more = len(outcome.row_numbers) - SHOWN_ROW_NUMBERS
        said += f" Rows: {shown}" + (f" and {more} more." if more > 0 else ".")
    return said
