"""Airflow's way to the alerts: a notifier for tasks that failed, and what a missed deadline calls."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier

from hrtp_airflow.partners import INGEST, project_settings

log = logging.getLogger(__name__)


class TellThePeople(BaseNotifier):  # type: ignore[misc] # airflow.sdk brings no types
    """Tells what stands tonight, as `hrtp.alerts` decides and groups it, when a task of the warehouse has failed.

    The failed task is the last of its run, so nothing else would tell. What was told already is not told again.
    """

    def notify(self, context: Mapping[str, Any]) -> None:
        """Collect and send; a channel that is down is said in the log, and changes nothing about the failed task."""
        from hrtp.alerts import NIGHT, Alert, AlertsFailed, tell

        task = context["task_instance"]
        text = f"task {task.task_id} of {task.dag_id} failed; its log says why, and the runbook what to do"
        try:
            tell(project_settings(), published=False, further=[Alert(NIGHT, "TASK_FAILED", "error", text)])
        except AlertsFailed as error:
            log.error("%s", error)


def report_missed_deadline(what: str, **kwargs: Any) -> None:
    """Tell which run is late, at once; at level ERROR in the log in any case.

    Airflow calls this in a worker with the run's context.
    """
    run = (kwargs.get("context") or {}).get("dag_run") or {}
    run_id = str(run.get("dag_run_id", "unknown"))
    log.error("DEADLINE_MISSED: %s (run %s)", what, run_id)
    from hrtp.alerts import NIGHT, Alert, AlertsFailed, send

    dag_id = str(run.get("dag_id", ""))
    source = dag_id.removeprefix(INGEST) if dag_id.startswith(INGEST) else NIGHT
    text = f"{what}: the run {run_id} has not ended in time. Look whether it runs, and at its log"
    try:
        send(
            [Alert(source, "DEADLINE_MISSED", "error", text, once=f"{dag_id}/{run_id}")], project_settings()
        ).raise_for_failure()
    except AlertsFailed as error:
        log.error("%s", error)
