"""Which run asked for a step: the task of an orchestrator, by whoever starts the step, or nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: The variable by which OpenLineage's own integrations hand a parent on: ``namespace/job/run id``.
PARENT_ID = "OPENLINEAGE_PARENT_ID"


@dataclass(frozen=True)
class Parent:
    """A run that started ours, and the run at the root of it all (in Airflow: task and DAG run)."""

    namespace: str
    job: str
    run_id: str
    root_job: str | None = None
    root_run_id: str | None = None


_parent: ContextVar[Parent | None] = ContextVar("lineage_parent", default=None)


@contextmanager
def under(parent: Parent | None) -> Iterator[None]:
    """Steps in this block were started by ``parent``."""
    token = _parent.set(parent)
    try:
        yield
    finally:
        _parent.reset(token)


def current_parent() -> Parent | None:
    """The parent of the block, or the one that the environment names; None where a person started the step."""
    parent = _parent.get()
    if parent is None and os.environ.get(PARENT_ID, "").count("/") >= 2:
        namespace, job, run_id = os.environ[PARENT_ID].rsplit("/", 2)
        parent = Parent(namespace, job, run_id)
    return parent
