"""What an examination says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warn"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    ``code`` is stable and in capitals; ``where`` is a path below HRTP_HOME or the name of a thing, never a value of a
    person; ``way_out`` is what to do, a command where there is one.
    """

    code: str
    severity: Severity
    where: str
    what: str
    way_out: str

    def to_json(self) -> dict[str, str]:
        """For ``--json``."""
        return asdict(self)


def error(code: str, where: object, what: str, way_out: str) -> Finding:
    """Something is broken."""
    return Finding(code, "error", str(where), what, way_out)


def warn(code: str, where: object, what: str, way_out: str) -> Finding:
    """Somebody should look."""
    return Finding(code, "warn", str(where), what, way_out)
