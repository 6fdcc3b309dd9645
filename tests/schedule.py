"""In which order the workers of a run take up the files: the longest first, so that none is left alone with one.

By itself xdist begins with the files of the most tests, and comes to the nights and the kills at the end.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling

#: Folders whose tests share a server that takes long to start: one worker runs all their files.
SHARING = ("tests/superset/",)
#: The files, and folders that share, that take longer than half a minute, the longest first. A new one may be missing:
#: that costs time, nothing else. `--durations=0` tells what to write here.
LONGEST = (
    "tests/superset/",
    "tests/crash/test_kills.py",
    "tests/e2e/test_airflow_real.py",
    "tests/e2e/test_night.py",
    "tests/browser/test_page_in_a_browser.py",
    "tests/dbt/test_semantic.py",
    "tests/privacy/test_canary_night.py",
    "tests/privacy/test_forget.py",
    "tests/e2e/test_sources_change.py",
    "tests/properties/test_metamorphic.py",
    "tests/properties/test_machine.py",
    "tests/properties/test_fuzz.py",
    "tests/e2e/test_unseen_exports.py",
    "tests/compose/test_compose_stack.py",
    "tests/unit/test_stewardship.py",
    "tests/faults/test_format_csv.py",
    "tests/unit/test_gate.py",
    "tests/faults/test_infrastructure_machine.py",
    "tests/faults/test_semantics_figures.py",
    "tests/dbt/test_core_project.py",
    "tests/dbt/test_indicator_catalogue.py",
    "tests/dbt/test_core_history.py",
    "tests/dbt/test_indicators.py",
    "tests/unit/test_restore.py",
    "tests/explain/test_drilldown.py",
    "tests/bi/test_kills.py",
    "tests/crash/test_nth_io.py",
)


class LongestFirst(LoadFileScheduling):
    """``--dist loadfile``, but that a folder which shares a server is as one file, and that long files come first."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(next_of(list(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def scope_of(nodeid: str) -> str:
    """What one worker runs as a whole: a file, or a folder of `SHARING`."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in SHARING if file.startswith(folder)), file)


def next_of(waiting: list[str]) -> str:
    """The scope to take up next: the longest of `LONGEST`, else the first; xdist has those of most tests in front."""
    return min(waiting, key=lambda scope: LONGEST.index(scope) if scope in LONGEST else len(LONGEST))
