"""The one way to open DuckDB: it reaches the folders that it is given, no others, and cannot be talked out of it.

Without this a query could read any file of the account, write anywhere, attach other databases, or load native code as
an extension. The order matters: settings first, then the folders, then no external access, then the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

#: Nothing is fetched, nothing native is loaded, and no Python variable is taken for a table.
CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}


def sql_text(text: str | Path) -> str:
    """A path or text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def open_duckdb(
    path: Path | None = None,
    *,
    folders: Iterable[Path] = (),
    read_only: bool = False,
    attached: Mapping[str, Path] | None = None,
    settings: Mapping[str, str] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a locked-down connection.

    Args:
        path: the database file; in memory where there is none.
        folders: what may be read and written besides the database itself.
        read_only: open ``path`` for reading only.
        attached: databases by the name they get, for reading only.
        settings: DuckDB settings to make before the lock; none can be made after it.
    """
    connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=dict(CLOSED))
    try:
        for name, file in (attached or {}).items():
            connection.execute(f"attach {sql_text(file)} as {name} (read_only)")
        lock_down(connection, folders, settings or {})
    except BaseException:
        connection.close()
        raise
    return connection


def lock_down(connection: duckdb.DuckDBPyConnection, folders: Iterable[Path], settings: Mapping[str, str]) -> None:
    """Make ``settings``, then close ``connection`` to all but ``folders``, for good."""
    # the clock of figures is never the machine's, nor that of any cursor to come
    connection.execute("set global TimeZone = 'UTC'")
    for name, value in settings.items():
        connection.execute(f"set {name} = {sql_text(value)}")
    # both names of a folder that is reached through a link
    allowed = sorted({str(name) for folder in folders for name in (folder.absolute(), folder.resolve())})
    connection.execute(f"set allowed_directories = [{', '.join(map(sql_text, allowed))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
