"""The figure of a test run: how many of the 153 faults it proved. Counted where the reports come together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.faults.table import case_of, cases

if TYPE_CHECKING:
    import pytest

#: Case id -> test id -> phases that passed, or "failed". The check of the other sources is in the teardown.
_phases: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
_ALL = {"setup", "call", "teardown"}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a phase of a fault test; with xdist this runs in the controller, for the tests of all workers."""
    if "tests/faults/" in report.nodeid:
        case_id = case_of(report.nodeid.rpartition("::")[2])
        if case_id is not None:
            _phases[case_id][report.nodeid].add(report.when or "" if report.passed else "failed")


def figure() -> str | None:
    """``faults: 153 of 153 proven, 9 simulated``; None where the run held no fault test."""
    if not _phases:
        return None
    proven = {i for i, tests in _phases.items() if all(phases == _ALL for phases in tests.values())}
    simulated = sum(case.id in proven and case.simulated is not None for case in cases())
    return f"faults: {len(proven)} of {len(cases())} proven, {simulated} simulated"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say the figure below the tests' own summary."""
    line = figure()
    if line is not None:
        terminalreporter.write_line(line)
