"""A full examination of a deployment: every byte read, every count added up again, every finding with its way out."""

from hrtp.doctor.landing import audit_landing
from hrtp.doctor.model import Finding

__all__ = ["Finding", "audit_landing"]
