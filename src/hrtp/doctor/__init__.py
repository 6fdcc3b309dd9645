"""A full examination of a deployment: every byte read, every count added up again, every finding with its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hrtp.doctor.landing import audit_landing
from hrtp.doctor.model import Finding

if TYPE_CHECKING:
    from hrtp.doctor.rounds import examine, findings_table

__all__ = ["Finding", "audit_landing", "examine", "findings_table"]


def __getattr__(name: str) -> Any:
    """Delta, Arrow and DuckDB are for the whole examination only."""
    if name in {"examine", "findings_table"}:
        from hrtp.doctor import rounds

        return getattr(rounds, name)
    raise AttributeError(name)
