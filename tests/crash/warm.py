"""What the server that test processes are forked from has imported and parsed, once.

Only that server imports this module (see `tests.crash.fork`): it starts no thread and opens no file of a home, so that
its forks are as good as fresh processes.
"""

from __future__ import annotations

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
for name in [name for name in os.environ if name.startswith("HRTP_")]:
    del os.environ[name]

import dbt.adapters.duckdb  # noqa: E402
import dbt.cli.main  # noqa: E402, F401
import deltalake  # noqa: E402, F401
import great_expectations  # noqa: E402, F401
import pyarrow.dataset  # noqa: E402, F401

from tests.crash import child, phases, reader  # noqa: E402, F401
from tests.parsed import manifest  # noqa: E402

#: The dbt project as parsed once for all.
MANIFEST = manifest()
