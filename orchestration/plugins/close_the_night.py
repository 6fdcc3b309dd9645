"""A warehouse run at the cut-off closes the night: the next one waits for all sources anew.

Airflow 3.3 keeps what sources have announced until a run that all of them started; a run that the clock or a person
started leaves it lying. So after one night on which one source was missing, the source's next arrival would start the
warehouse at once, with everybody else's data of the night before, and so on for ever: one night out of step. Whatever
was announced before a run starts is in that run, so it need not be kept.

Loaded by every Airflow process (``AIRFLOW__CORE__PLUGINS_FOLDER``), heard by the scheduler alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

WAREHOUSE = "warehouse"
#: Airflow itself takes from the queue what starts a run of this type.
STARTED_BY_ASSETS = "asset_triggered"


class CloseTheNight:
    """Hears of DAG runs that begin."""

    @hookimpl  # type: ignore[untyped-decorator] # airflow brings no types
    def on_dag_run_running(self, dag_run: DagRun, msg: str) -> None:
        """Forget what was announced to the warehouse before this run of it.

        In the session that is at work on the run: another one would wait for its lock, on SQLite for ever.
        """
        if dag_run.dag_id != WAREHOUSE or dag_run.run_type == STARTED_BY_ASSETS:
            return
        from airflow.models.asset import AssetDagRunQueue
        from sqlalchemy import delete
        from sqlalchemy.orm import object_session

        session = object_session(dag_run)
        if session is not None:
            session.execute(delete(AssetDagRunQueue).where(AssetDagRunQueue.target_dag_id == WAREHOUSE))


class CloseTheNightPlugin(AirflowPlugin):  # type: ignore[misc]
    """Makes the listener known to Airflow."""

    name = "close_the_night"
    listeners = [CloseTheNight()]  # noqa: RUF012 - Airflow's own idiom
