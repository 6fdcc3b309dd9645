"""All checks and tests, fast ones first; stops at the first stage that fails and exits with its status.

``--fast`` runs only the static checks.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

STATIC = [
    ("ruff", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("mypy", ["mypy"]),
    ("generated files", ["python", "-m", "hrtp.render", "--check"]),
    (
        "dbt parse",
        [
            "dbt",
            "--quiet",
            "parse",
            "--project-dir",
            "dbt_project",
            "--profiles-dir",
            "dbt_project",
            "--no-partial-parse",
        ],
    ),
    ("sqlfluff", ["sqlfluff", "lint", "--processes", "2", "--disable-progress-bar", "dbt_project"]),
]
SECURITY = [("security", ["python", "tests/supply_chain.py"])]
#: A worker a core, and two on one core: much of the time is spent waiting for servers and browsers.
WORKERS = max(2, len(os.sched_getaffinity(0)))
TESTS = [("pytest", ["python", "-m", "pytest", "-n", str(WORKERS), "--dist", "loadfile", "tests"])]


def main() -> int:
    """Run the stages; the status of the first that fails."""
    environment = dict(os.environ, GX_ANALYTICS_ENABLED="false", DO_NOT_TRACK="1")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for name, command in STATIC + SECURITY + ([] if "--fast" in sys.argv else TESTS):
        started = time.monotonic()
        print(f"== {name}", flush=True)
        status = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment).returncode
        print(
            f"== {name}: {'ok' if status == 0 else f'FAILED ({status})'} in {time.monotonic() - started:.0f} s",
            flush=True,
        )
        if status != 0:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
