"""What every test run shares: the figure of the faults that it proved."""

from __future__ import annotations

from tests.faults.figure import pytest_runtest_logreport, pytest_terminal_summary

__all__ = ["pytest_runtest_logreport", "pytest_terminal_summary"]
