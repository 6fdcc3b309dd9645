"""The run that lineage events name as their origin: ours hang below those that Airflow's own provider would emit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any


def below_this_task(context: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Lineage of steps in this block names the task as its parent, and the DAG run as the root.

    The ids are computed as apache-airflow-providers-openlineage does it (a test compares), so that both sets of events
    join where a deployment turns the provider on. Importing it for that would cost every task process 0.8 s.
    """
    from openlineage.client.uuid import generate_static_uuid

    from hrtp.lineage import Parent, under
    from hrtp.lineage.names import namespace

    task, run, space = context["ti"], context["dag_run"], namespace()
    instant = run.logical_date or run.run_after
    of_task = f"{space}.{task.dag_id}.{task.task_id}.{task.try_number}.{task.map_index}"
    of_run = f"{space}.{task.dag_id}.{getattr(run, 'clear_number', 0)}"
    return under(
        Parent(
            space,
            f"{task.dag_id}.{task.task_id}",
            str(generate_static_uuid(instant, of_task.encode())),
            task.dag_id,
            str(generate_static_uuid(instant, of_run.encode())),
        )
    )
