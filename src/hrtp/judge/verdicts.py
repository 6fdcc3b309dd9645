"""When a file is judged again, and what is said of one that the loader itself cannot handle."""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.landing import LandedFile, Pinned
from hrtp.raw import Manifest
from hrtp.reading import EntityTable
from hrtp.settings import Settings
from hrtp.sources import SourceConfig
from hrtp.submissions import Hold

if TYPE_CHECKING:
    from hrtp.gate import Finding

log = logging.getLogger("hrtp.judge")

#: Within one day the number in a file's name outranks the order of arrival.
SEQUENCE_BASE = 1_000_000

#: Verdicts on the name of a file: the same bytes under another one are judged anew.
OF_THE_NAME = frozenset({"AMBIGUOUS", "FUTURE_FILE", "OUT_OF_ORDER", "PERIOD_MISMATCH"})

#: Raise this when reading or judging changes, so that files which an older release rejected are judged again.
JUDGEMENT = 2

#: Reason of a file on which the loader itself failed; tried again in every run.
OWN_FAULT = "INTERNAL"


def place_of(landed: LandedFile) -> int:
    """Where a file stands among those of its day."""
    return landed.name_sequence * SEQUENCE_BASE + landed.source_sequence


def speaks_of(manifest: Manifest, landed: LandedFile) -> bool:
    """Whether this is what was decided under this name of the file, and not under another."""
    return manifest.source_sequence == place_of(landed)


def own_fault(landed: LandedFile, error: Exception) -> FileRejected:
    """One file on which the loader stumbles must not keep the source's other files out. Its text may quote a value."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if "/hrtp/" in f.filename]
    place = f"{PurePath(own[-1].filename).name}:{own[-1].lineno}" if own else "unknown"
    log.error(
        "source=%s sha256=%s reason=%s %s at %s",
        landed.source,
        landed.sha256[:12],
        OWN_FAULT,
        type(error).__name__,
        place,
    )
    return FileRejected(OWN_FAULT, f"the loader stumbled ({type(error).__name__} at {place}); report this line")


def too_many_bad(table: EntityTable, findings: list[Finding], contract: EntityContract) -> Hold | None:
    """More bad rows than the catalogue allows in one file: something else is wrong than these rows."""
    parameters = contract.parameters
    bad = len({finding.row_number for finding in findings if finding.severity == "error"})
    if bad < parameters.hold_quarantine_rows or bad <= float(parameters.hold_quarantine_share) * len(table.frame):
        return None
    return Hold("HELD_QUARANTINE_SHARE", f"{bad} of {len(table.frame)} rows are bad; correct them or approve")


def quarantine_rows(landed: LandedFile, table: EntityTable, findings: list[Finding]) -> pd.DataFrame:
    """Bad rows by reference, as the quarantine keeps them."""
    return pd.DataFrame(
        [
            {
                "source": landed.source,
                "entity": table.entity,
                "file_sha256": landed.sha256,
                "row_number": finding.row_number,
                "rule_id": finding.rule_id,
                "rule_version": str(finding.rule_version),
                "column_name": finding.column_name,
                "severity": finding.severity,
                "message": finding.message,
            }
            for finding in findings
            if finding.severity == "error"
        ]
    )


def refused_before(pin: Pinned | None) -> FileRejected | None:
    """The refusal that stands although the rows that earned it may be gone."""
    return FileRejected(pin.reason or OWN_FAULT, pin.detail or "") if pin and pin.state == "rejected" else None


def held_before(pin: Pinned) -> Hold | None:
    """The hold that stands; none where the file had loaded, whatever share of its rows is bad now."""
    return Hold(pin.reason or OWN_FAULT, pin.detail or "") if pin.state == "held" else None


def was_loaded(pin: Pinned | None) -> bool:
    """Whether the file had loaded before somebody was taken out of it."""
    return pin is not None and pin.state == "loaded"


def fingerprint(source: SourceConfig, settings: Settings, contracts: Mapping[str, EntityContract]) -> str:
    """Changes when a rejected file deserves another look: other rules, other mapping, other release."""
    parts = [source.model_dump_json(exclude={"transport", "feedback", "owner", "schedule", "tags"})]
    parts += [
        contracts[entity].model_dump_json() for entity in sorted(contracts) if source.kind in contracts[entity].kinds
    ]
    parts.append(json.dumps([JUDGEMENT, settings.max_file_bytes]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
