"""The note of a run: what its tasks wanted said, and which of them failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from sqlalchemy.orm import Session

#: Key of the XCom that holds a task's words; the same as in ``hrtp_airflow.notes``, which no service imports.
NOTE = "note"
#: Airflow keeps so many characters.
LONGEST = 1000


def write_note(dag_run: DagRun, session: Session) -> None:
    """Make the run's note of what its tasks said, in a session of the metadata database that holds the run.

    What a person has written there stays.
    """
    from airflow.models.xcom import XComModel
    from airflow.utils.state import TaskInstanceState

    written = dag_run.dag_run_note
    if written is not None and written.user_id is not None:
        return
    said = session.scalars(XComModel.get_many(run_id=dag_run.run_id, dag_ids=dag_run.dag_id, key=NOTE)).all()
    parts = [str(XComModel.deserialize_value(entry)) for entry in sorted(said, key=lambda entry: entry.timestamp)]
    failed = dag_run.get_task_instances(state=[TaskInstanceState.FAILED], session=session)
    if failed:
        parts.insert(0, f"failed: {', '.join(sorted({task.task_display_name for task in failed}))}")
    if parts:
        # one line: the web page shows the first and hides the others
        dag_run.note = "; ".join(parts)[:LONGEST]
