"""Read by every Airflow process at its start; here, the processes that fork tasks import what tasks need.

A task process is a fork: what its parent has imported, it has. Without this, each task spends 6 s of CPU on importing
Great Expectations and dbt. Only the scheduler (LocalExecutor) and the Celery worker fork tasks; the others stay light.
"""

from __future__ import annotations

import sys

#: First words of the command lines whose process forks tasks.
FORKING_COMMANDS = {("scheduler",), ("celery", "worker")}


def forks_tasks(arguments: list[str]) -> bool:
    """Whether a process with this command line (``sys.argv``) forks tasks."""
    words = tuple(arguments[1:3])
    return any(words[: len(command)] == command for command in FORKING_COMMANDS)


if forks_tasks(sys.argv):
    from orchestration.warm import import_heavy_modules

    import_heavy_modules()
