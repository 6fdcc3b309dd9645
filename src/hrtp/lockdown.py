"""Closes the DuckDB connection that dbt opens; named in ``dbt_project/profiles.yml``, loaded by dbt-duckdb alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from hrtp.duck import CLOSED, lock_down


class Plugin(BasePlugin):  # type: ignore[misc]
    """Applies ``hrtp.duck`` to the connection before any model sees it.

    The plugin's configuration gives ``folders``, a list joined by ``os.pathsep``, and ``settings``, as the profile
    would: dbt-duckdb makes those anew on every cursor, which a locked configuration refuses.
    """

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the configuration."""
        self._folders = [Path(name) for name in str(plugin_config["folders"]).split(":") if name]
        self._settings = {name: str(value) for name, value in plugin_config["settings"].items()}

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Close the connection; its cursors inherit that."""
        lock_down(conn, self._folders, CLOSED | self._settings)
