"""What the server that test processes are forked from has imported and parsed, once.

Only that server imports this module (see `tests.crash.fork`): it starts no thread and opens no file of a home, so that
its forks are as good as fresh processes.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
for name in [name for name in os.environ if name.startswith("HRTP_")]:
    del os.environ[name]

import dbt.adapters.duckdb  # noqa: E402, F401
import deltalake  # noqa: E402, F401
import great_expectations  # noqa: E402, F401
import pyarrow.dataset  # noqa: E402, F401
from dbt.cli.main import dbtRunner  # noqa: E402

import hrtp.build  # noqa: E402
import hrtp.dbt_runner  # noqa: E402
import hrtp.gate.docs  # noqa: E402
import hrtp.ingest  # noqa: E402
import hrtp.publish  # noqa: E402
import hrtp.samples  # noqa: E402
from tests.crash import child, phases, reader  # noqa: E402, F401

PROJECT = Path(__file__).resolve().parents[2]


def _parse() -> Any:
    """The dbt project as a manifest: a build parses it for four seconds, and comes to the same each time."""
    with tempfile.TemporaryDirectory(prefix="hrtp-crash-") as folder:
        os.environ["HRTP_DBT_PATH"] = str(Path(folder) / hrtp.build.WAREHOUSE_FILE)
        project = str(PROJECT / "dbt_project")
        parsed = dbtRunner().invoke(
            ["--quiet", "parse", "--project-dir", project, "--profiles-dir", project, "--no-partial-parse"]
            + ["--target-path", folder, "--log-path", folder, "--vars", '{"as_of": "2026-09-30"}']
        )
    assert parsed.success, parsed.exception
    return parsed.result


MANIFEST = _parse()
