"""One DAG run without any Airflow service: the task runs in this process, its states go to the metadata database."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrtp.errors import HrtpError
from orchestration.lean import dags_as_parsed

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

#: In a night at the keyboard nobody waits half an hour for a partner's server: one more try, soon.
EMBEDDED_RETRIES = 1
EMBEDDED_RETRY_DELAY = timedelta(seconds=5)


@dataclass
class RunOutcome:
    """What became of one DAG run.

    ``summary`` is what each task returned, by task id; ``error`` says in one line why the run failed.
    """

    dag_id: str
    state: str
    seconds: float = 0.0
    summary: dict[str, Any] = field(default_factory=dict)
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**asdict(self), "seconds": round(self.seconds, 2)}


def load_dags(folder: Path) -> dict[str, DAG]:
    """Parse the DAG files and write the DAGs to the metadata database.

    Raises:
        HrtpError: where a file cannot be parsed.
    """
    from airflow import settings
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    session = settings.Session()
    manager = DagBundlesManager()
    manager.sync_bundles_to_db(session=session)
    session.commit()
    session.close()
    bundle = next(iter(manager.get_all_dag_bundles()))
    bundle.initialize()
    bag = BundleDagBag(dag_folder=folder, bundle_path=bundle.path, bundle_name=bundle.name)
    if bag.import_errors:
        first, text = next(iter(bag.import_errors.items()))
        raise HrtpError(f"{Path(first).name}: {text.strip().splitlines()[-1]}", code="DAG_IMPORT")
    sync_bag_to_db(bag, bundle.name, bundle.version)
    return dict(bag.dags)


def release_database() -> None:
    """Close every connection, so that a fork shares none."""
    from airflow import settings

    if settings.engine is not None:
        settings.engine.dispose()


def run_dag(dag: DAG, moment: datetime, conf: Mapping[str, Any], log: Path) -> RunOutcome:
    """Run ``dag`` to its end. Everything that Airflow and the tasks print goes to ``log``.

    Args:
        dag: as parsed; it is changed for the embedded run.
        moment: logical date of the run.
        conf: configuration of the run.
        log: written anew, readable by this user alone.
    """
    _redirect(log)
    errors: list[str] = []
    _embed(dag, errors)
    started = time.monotonic()
    with dags_as_parsed():
        run = dag.test(run_after=moment, logical_date=moment, run_conf=dict(conf))
    _note(run)
    return RunOutcome(
        dag.dag_id,
        str(run.state.value),
        time.monotonic() - started,
        _returned(dag.dag_id, run.run_id),
        errors[-1] if errors else None,
    )


def _note(run: DagRun) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    from orchestration.notes import write_note

    with create_session() as session:
        found = session.get(DagRun, run.id)
        if found is not None:
            write_note(found, session)


def _embed(dag: DAG, errors: list[str]) -> None:
    # `DAG.test` of Airflow 3.3.2 cannot end a run that has a deadline: it looks the alert up by an id that an
    # unsaved DAG does not have (AttributeError: 'dict' object has no attribute 'hex').
    dag.deadline = None

    def remember(context: Mapping[str, Any]) -> None:
        errors.append(describe(context.get("exception")))

    for operator in dag.tasks:
        operator.retries = min(operator.retries, EMBEDDED_RETRIES)
        operator.retry_delay = EMBEDDED_RETRY_DELAY
        operator.retry_exponential_backoff = 0
        operator.on_failure_callback = [remember, *(operator.on_failure_callback or [])]


def describe(error: object) -> str:
    """One line about an error; of one that is not ours only the kind, because its text may quote a value."""
    if isinstance(error, HrtpError):
        return str(error)
    return f"{type(error).__name__} (see the log)"


def _returned(dag_id: str, run_id: str) -> dict[str, Any]:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        pushed = session.scalars(XComModel.get_many(run_id=run_id, dag_ids=dag_id, key="return_value"))
        return {row.task_id: row.value for row in pushed if row.value is not None}


def _redirect(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)
