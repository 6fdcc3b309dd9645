"""Deciding over landed files."""

from hrtp.judge.judge import FileOutcome, Judge
from hrtp.judge.verdicts import OWN_FAULT

__all__ = ["OWN_FAULT", "FileOutcome", "Judge"]
