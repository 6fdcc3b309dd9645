"""Read every column of every table of one DuckDB file; run as a program, since a damaged file can end the process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 3600


def full_scan(path: Path) -> dict[str, int] | None:
    """Rows of every table of ``path`` as ``schema.table``; None where the file cannot be read to its end."""
    command = [sys.executable, "-m", "hrtp.fullscan", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        return None
    document: dict[str, Any] = json.loads(done.stdout)
    return {str(name): int(count) for name, count in document.items()}


def _main(path: Path) -> None:
    from hrtp.duck import open_duckdb

    counts: dict[str, int] = {}
    # by a name of ours: in a file named marts, `marts.x` could be catalog or schema
    with open_duckdb(attached={"examined": path}) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'examined' and not internal order by all"
        ).fetchall()
        for schema, table in tables:
            # counting alone reads no block of the data; a hash of the whole row reads them all
            query = f'select count(*), bit_xor(hash(t)) from examined."{schema}"."{table}" as t'
            row = connection.execute(query).fetchone()
            counts[f"{schema}.{table}"] = row[0] if row else 0
    sys.stdout.write(json.dumps(counts))


if __name__ == "__main__":
    try:
        _main(Path(sys.argv[1]))
    except Exception:  # the text may quote data, and the parent only asks whether
        sys.exit(1)
