"""The settings of Airflow on one machine, all in one place: the nightly run, the local services and the tests.

A cluster (``docker-compose.yml``) sets its own database, executor and login; what follows is for SQLite and
LocalExecutor below ``HRTP_HOME``.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

#: Name of the one user of the local web page; its password lies in `passwords_file`.
ADMIN = "admin"


def airflow_home(home: Path) -> Path:
    """Airflow's folder below ``HRTP_HOME``: metadata database, keys, password."""
    return home / "airflow"


def passwords_file(home: Path) -> Path:
    """JSON ``{user: password}`` of the local web page, mode 0600."""
    return airflow_home(home) / "passwords.json"


def airflow_environment(home: Path, project: Path, *, port: int | None = None) -> dict[str, str]:
    """Environment variables under which Airflow runs here; to be set before its first import.

    Args:
        home: ``HRTP_HOME``.
        project: the checkout with ``dags/`` and ``sources/``.
        port: of the api-server on loopback, where one is to run.

    Side effect: makes the folder and the secrets on first use, readable by this user alone.
    """
    root = airflow_home(home)
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    keys = _secrets(root / "keys.json", ("jwt", "api"))
    _secrets(passwords_file(home), (ADMIN,))
    environment = {
        "AIRFLOW_HOME": str(root),
        "HRTP_HOME": str(home),
        "HRTP_PROJECT": str(project),
        # Helpers: dags/hrtp_airflow for the DAG files, orchestration/local_settings for airflow_local_settings.py.
        "PYTHONPATH": _python_path(project),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "orchestration" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Two cores and a metadata database in one file: more would wait for the lock.
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "America/Los_Angeles",
        # Fork, so that a task inherits what the warmed scheduler has imported (airflow_local_settings.py).
        "AIRFLOW__CORE__MP_START_METHOD": "fork",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(home)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{root / 'airflow.db'}",
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__API__SECRET_KEY": keys["api"],
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs" / "airflow"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "airflow" / "dags"),
        # These default to 300 s: a task that lost its worker would be noticed after five minutes.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        # Lineage is told by the steps themselves; Airflow's provider would tell of tasks besides, in a process a task.
        "AIRFLOW__OPENLINEAGE__DISABLED": os.environ.get("AIRFLOW__OPENLINEAGE__DISABLED", "True"),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": os.environ.get("OPENLINEAGE_NAMESPACE") or "hrtp",
        # Nothing about its use is sent anywhere.
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
    }
    if port is not None:
        environment |= {
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        }
    return environment


def _python_path(project: Path) -> str:
    ours = [str(project / "dags"), str(project), str(project / "orchestration" / "local_settings")]
    inherited = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    return os.pathsep.join(dict.fromkeys([*ours, *inherited]))


def _secrets(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Read the secrets in ``path``, making those that are missing; the file never exists with a wider mode."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = {name: secrets.token_urlsafe(48) for name in names if name not in known}
    if missing:
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(known | missing, file)
        fresh.replace(path)
    return known | missing
