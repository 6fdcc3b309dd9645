"""Writes beside each run how it went, in words: the note that a manager reads in the list of runs.

What a task wants said it leaves in an XCom (``dags/hrtp_airflow/notes.py``). A task itself cannot write the note: it
has no way to the metadata database, and Airflow's API for tasks (3.3) only shows it. When the run has ended, its words
and the names of the tasks that failed become its note, in the session that is at work on the run: another one would
wait for its lock.

Loaded by every Airflow process (``AIRFLOW__CORE__PLUGINS_FOLDER``), heard by the scheduler. The embedded night has no
scheduler, and no session at work when a run ends: it writes the note itself (`orchestration.embedded`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from orchestration.notes import write_note

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun


class NoteTheRun:
    """Hears of DAG runs that end."""

    @hookimpl  # type: ignore[untyped-decorator] # airflow brings no types
    def on_dag_run_success(self, dag_run: DagRun, msg: str) -> None:
        """Write the note of a run that went well."""
        _note(dag_run)

    @hookimpl  # type: ignore[untyped-decorator]
    def on_dag_run_failed(self, dag_run: DagRun, msg: str) -> None:
        """Write the note of a run in which something failed."""
        _note(dag_run)


def _note(dag_run: DagRun) -> None:
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is not None:
        write_note(dag_run, session)


class NoteTheRunPlugin(AirflowPlugin):  # type: ignore[misc]
    """Makes the listener known to Airflow."""

    name = "note_the_run"
    listeners = [NoteTheRun()]  # noqa: RUF012 - Airflow's own idiom
