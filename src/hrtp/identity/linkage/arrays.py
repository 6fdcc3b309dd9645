"""What a query of the linkage's own DuckDB gives, as arrays."""

from __future__ import annotations

import duckdb
import numpy as np

from hrtp.identity.clusters import Array


def fetch(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Array]:
    """The columns of a query as arrays."""
    return {name: np.asarray(column) for name, column in connection.execute(query).fetchnumpy().items()}
