"""What was dropped in becomes what the figures use: accepted as a whole, or the last good list stays.

An accepted list is one Parquet file, replaced in one step, whose own metadata say from which bytes it was made. The
figures read that file alone, so a list that is dropped in half, or lost with the folder that it lay in, changes none.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hrtp.landing import write_atomically
from hrtp.reference.read import LISTS, ListKind, ListRefused, Published, read_list
from hrtp.settings import Settings

log = logging.getLogger("hrtp.reference")

_METADATA = b"hrtp_list"
_STATE = ("list_name", "file_name", "file_sha256", "publisher", "vintage", "n_rows", "refused_reason")
_STATE_SCHEMA = pa.schema([pa.field(n, pa.int64() if n == "n_rows" else pa.string()) for n in _STATE])


@dataclass(frozen=True)
class AcceptedList:
    """A list that the figures use: its rows as ``kind.columns``, and where they come from."""

    table: pa.Table
    file_name: str
    file_sha256: str
    publisher: str
    vintage: str


@dataclass(frozen=True)
class ListState:
    """How one kind of list stands: what is in use (None: the sample), and why what lies there now was refused."""

    kind: ListKind
    accepted: AcceptedList | None
    refused: ListRefused | None


def accept_lists(settings: Settings, say: Callable[[str], None]) -> list[ListState]:
    """Look at every list that lies in ``HRTP_REFERENCE``, and say what became of it."""
    return [accept_list(settings, kind, say) for kind in LISTS.values()]


def accept_list(settings: Settings, kind: ListKind, say: Callable[[str], None]) -> ListState:
    """Take a list in, if one lies there and passes; a list that is gone leaves the accepted one in use.

    Raises:
        ListRefused: where the accepted list itself is damaged and none lies there to replace it.
    """
    offered = settings.reference_root / f"{kind.name}.csv"
    stored = settings.accepted_lists / f"{kind.name}.parquet"
    published, refused = None, None
    try:
        published = read_list(offered, kind) if offered.exists() else None
    except ListRefused as error:
        refused = error
    except PermissionError:
        refused = ListRefused(f"{offered} may not be looked at by this account", code="LIST_UNREADABLE")
    if published is not None:
        _store(published, stored)
    accepted = _load(stored)
    if refused is not None:
        stays = "the synthetic sample" if accepted is None else f"{accepted.file_name}, vintage {accepted.vintage},"
        log.warning("%s was refused, %s stays: %s", offered.name, stays, refused)
        say(f"reference: {offered.name} was refused, {stays} stays in use: {refused}")
    return ListState(kind, accepted, refused)


def create_reference(connection: duckdb.DuckDBPyConnection, settings: Settings, say: Callable[[str], None]) -> None:
    """Make the schema ``reference`` that dbt reads: a table a list, empty where the sample stands, and ``lists``."""
    connection.execute("create schema reference")
    states = []
    for state in accept_lists(settings, say):
        table = state.accepted.table if state.accepted else _schema(state.kind).empty_table()
        _create(connection, state.kind.name, table)
        if state.accepted or state.refused:
            states.append(_state_row(state))
    _create(connection, "lists", pa.Table.from_pylist(states, schema=_STATE_SCHEMA))


def _state_row(state: ListState) -> dict[str, object]:
    accepted = state.accepted
    return {
        "list_name": state.kind.name,
        "file_name": accepted.file_name if accepted else None,
        "file_sha256": accepted.file_sha256 if accepted else None,
        "publisher": accepted.publisher if accepted else None,
        "vintage": accepted.vintage if accepted else None,
        "n_rows": accepted.table.num_rows if accepted else None,
        "refused_reason": state.refused.code if state.refused else None,
    }


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("incoming", table)
    connection.execute(f"create table reference.{name} as select * from incoming order by all")
    connection.unregister("incoming")


def _schema(kind: ListKind) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in kind.columns])


def _store(published: Published, path: Path) -> None:
    columns = list(zip(*published.rows, strict=True))
    about = {
        "file_name": published.file_name,
        "file_sha256": published.file_sha256,
        "publisher": published.publisher,
        "vintage": published.vintage,
    }
    schema = _schema(published.kind).with_metadata({_METADATA: json.dumps(about, sort_keys=True).encode()})
    table = pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=schema)
    content = BytesIO()
    pq.write_table(table, content)
    if path.exists() and path.read_bytes() == content.getvalue():
        return
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o755)
    write_atomically(path, content.getvalue(), 0o644)


def _load(path: Path) -> AcceptedList | None:
    if not path.exists():
        return None
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[_METADATA])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        raise ListRefused(
            f"{path} is damaged, and without it figures would silently change; remove it and drop the list in again",
            code="ACCEPTED_LIST_DAMAGED",
        ) from None
    return AcceptedList(table, about["file_name"], about["file_sha256"], about["publisher"], about["vintage"])
