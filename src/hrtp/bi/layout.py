"""What the marts are made of: columns, types and descriptions as published, keys and indexes as their YAML declares."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrtp.bi.errors import BiPublishFailed
from hrtp.yamlfiles import properties_of_models

if TYPE_CHECKING:
    import duckdb

#: DuckDB's type -> PostgreSQL's, exact: no value changes on the way. Text sorts by its bytes, as it does in the files:
#: the same order at every endpoint, indexes that no upgrade of a locale can break, and that are built twice as fast.
_TYPES = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "REAL": "real",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": 'text collate "C"',
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
#: PostgreSQL cuts longer names, silently.
MAX_NAME_BYTES = 63
#: Characters of the digest that tells two layouts of a mart apart.
_DIGEST = 8


@dataclass(frozen=True)
class Column:
    """A column; ``type`` is PostgreSQL's."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True)
class Mart:
    """A mart. ``key`` are the columns that name a row, empty where none do; ``has_null_key`` where some are null."""

    name: str
    columns: tuple[Column, ...]
    comment: str | None
    key: tuple[str, ...]
    has_null_key: bool
    indexes: tuple[tuple[str, ...], ...]

    @property
    def parent(self) -> str:
        """Name of the table whose partitions the nights are: another for other columns."""
        columns = "\n".join(f"{column.name} {column.type}" for column in self.columns)
        return f"{self.name}__{hashlib.sha256(columns.encode()).hexdigest()[:_DIGEST]}"


def read_layout(connection: duckdb.DuckDBPyConnection, project: Path) -> list[Mart]:
    """The marts of a published file, by name.

    Args:
        connection: to which the published ``marts.duckdb`` is attached as ``published`` (in a file called marts
            the name marts alone would be ambiguous).
        project: the checkout whose ``dbt_project/models/marts`` declare keys and indexes.

    Raises:
        BiPublishFailed: where a column is of a type that PostgreSQL does not have.
    """
    declared = {
        str(model["name"]): model for model in properties_of_models(project / "dbt_project" / "models" / "marts")
    }
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = 'published' order by 1"
    ).fetchall()
    return [_mart(connection, name, comment, declared.get(name, {})) for name, comment in tables]


def layout_digest(marts: list[Mart]) -> str:
    """Changes with any column, type, key, index or description: rows that are the same are then copied again."""
    text = repr([asdict(mart) for mart in marts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _mart(connection: duckdb.DuckDBPyConnection, name: str, comment: str | None, declared: dict[str, Any]) -> Mart:
    columns = tuple(
        Column(column, _postgres_type(name, column, kind), _text(words))
        for column, kind, words in connection.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where database_name = 'published' and table_name = ? order by column_index",
            [name],
        ).fetchall()
    )
    names = {column.name for column in columns}
    key = _key(declared)
    if not set(key) <= names:  # a night that was published before the key was declared
        key = ()
    indexes = tuple(index for index in _indexes(declared) if set(index) <= names)
    mart = Mart(name, columns, _text(comment), key, _has_nulls(connection, name, key), indexes)
    if len(mart.parent.encode()) > MAX_NAME_BYTES:
        raise BiPublishFailed(f"the name of mart {name} is too long for PostgreSQL; shorten it")
    return mart


def _postgres_type(mart: str, column: str, kind: str) -> str:
    decimal = _DECIMAL.fullmatch(kind)
    found = f"numeric({decimal[1]},{decimal[2]})" if decimal else _TYPES.get(kind)
    if found is None:
        raise BiPublishFailed(f"{mart}.{column} is of type {kind}, which no BI tool reads; cast it in the model")
    return found


def _text(comment: str | None) -> str | None:
    return (comment or "").strip() or None


def _key(declared: dict[str, Any]) -> tuple[str, ...]:
    """The columns of the first test that no night passes with two rows alike."""
    for test in declared.get("data_tests") or ():
        unique = test.get("unique_combination") if isinstance(test, dict) else None
        if unique and (unique.get("config") or {}).get("severity", "error") == "error":
            return tuple(unique["arguments"]["columns"])
    return ()


def _indexes(declared: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """``config.meta.bi_indexes``: a list of lists of columns."""
    meta = (declared.get("config") or {}).get("meta") or {}
    for columns in meta.get("bi_indexes") or ():
        yield tuple(columns)


def _has_nulls(connection: duckdb.DuckDBPyConnection, name: str, key: tuple[str, ...]) -> bool:
    if not key:
        return False
    condition = " or ".join(f'"{column}" is null' for column in key)
    found = connection.execute(f'select count(*) > 0 from published.marts."{name}" where {condition}').fetchall()
    return bool(found[0][0])
