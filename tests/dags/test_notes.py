"""What stands beside a run: the words of its tasks, and which task failed; what a person wrote stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from orchestration.notes import LONGEST, write_note

from hrtp.digest import Digest, ingest_in_words
from hrtp.errors import IngestFailed


@dataclass
class Ti:
    pushed: dict[str, str] = field(default_factory=dict)

    def xcom_push(self, key: str, value: str) -> None:
        self.pushed[key] = value


class Run:
    """A DagRun as far as its note goes."""

    dag_id, run_id = "warehouse", "manual__1"

    def __init__(self, *, failed: list[str], written: Any = None) -> None:
        self._failed = failed
        self.dag_run_note = written
        self.note: str | None = None

    def get_task_instances(self, state: list[Any], session: Any) -> list[SimpleNamespace]:
        assert [s.value for s in state] == ["failed"]
        return [SimpleNamespace(task_display_name=name) for name in self._failed]


class Session:
    def __init__(self, *words: str) -> None:
        moment = datetime(2026, 9, 30, tzinfo=UTC)
        # the newest first: the note is in the order in which the tasks spoke
        self._said = [
            SimpleNamespace(value=f'"{w}"', timestamp=moment.replace(hour=9 - n)) for n, w in enumerate(words)
        ]

    def scalars(self, query: Any) -> SimpleNamespace:
        return SimpleNamespace(all=lambda: self._said)


def noted(run: Run, session: Session) -> str | None:
    write_note(run, session)  # type: ignore[arg-type]
    return run.note


def test_the_words_come_in_the_order_in_which_they_were_said_and_failed_tasks_first() -> None:
    assert noted(Run(failed=[]), Session("second", "first")) == "first; second"
    assert noted(Run(failed=["Publish to PostgreSQL", "Tell people"]), Session("6 of 14")) == (
        "failed: Publish to PostgreSQL, Tell people; 6 of 14"
    )
    assert noted(Run(failed=[]), Session()) is None


def test_a_note_that_a_person_wrote_stays_and_one_of_ours_is_renewed() -> None:
    theirs, ours = SimpleNamespace(user_id="1"), SimpleNamespace(user_id=None)
    assert noted(Run(failed=[], written=theirs), Session("new")) is None
    assert noted(Run(failed=[], written=ours), Session("new")) == "new"


def test_a_note_is_no_longer_than_airflow_keeps() -> None:
    assert len(noted(Run(failed=[]), Session("x" * 3000)) or "") == LONGEST


def test_a_failure_of_ours_is_said_and_of_any_other_only_its_kind() -> None:
    from hrtp_airflow.notes import noting_failure

    ours, other = Ti(), Ti()
    with pytest.raises(IngestFailed), noting_failure({"ti": ours}):
        raise IngestFailed("construction: participants rejected as NOT_CSV")
    with pytest.raises(ValueError, match="Maria"), noting_failure({"ti": other}):
        raise ValueError("Maria Lopez 1990-01-02")
    assert ours.pushed == {"note": "INGEST_FAILED: construction: participants rejected as NOT_CSV"}
    assert other.pushed == {"note": "ValueError; the task's log says more"}


def test_a_night_in_words() -> None:
    day = datetime(2026, 9, 30, tzinfo=UTC).date()
    told = Digest(day, 6, 14, 30, 9, {"late": ["healthcare"], "rejected": ["aerospace", "technology"]}, day)
    assert told.in_words(changed=True) == (
        "as of 2026-09-30: 6 of 14 targets met; 30 rows in quarantine at 9 partners; late: healthcare; "
        "rejected: aerospace, technology; published: new figures"
    )
    assert told.to_json()["sources_not_ok"] == {"late": ["healthcare"], "rejected": ["aerospace", "technology"]}
    quiet = Digest(day, 14, 14, 0, 0, {}, day)
    assert quiet.in_words(changed=False) == "as of 2026-09-30: 14 of 14 targets met; published: nothing new"


def test_an_ingest_in_words() -> None:
    summary = {"new_tables": 1, "rows_loaded": 1234, "rows_quarantined": 5, "data_through": "2026-09-30", "held": []}
    assert ingest_in_words(summary) == "1 new table: 1,234 rows loaded, 5 in quarantine; data through 2026-09-30"
    assert ingest_in_words({"new_tables": 0, "held": ["services:HELD_VOLUME"]}) == (
        "nothing new came; held until a person decides: services:HELD_VOLUME"
    )
