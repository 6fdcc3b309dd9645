"""The catalog of the warehouse: the columns and types that stand in it, and no row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hrtp.docs.manifest import Manifest
from hrtp.duck import open_duckdb


def catalog(manifest: Manifest, warehouse: Path) -> dict[str, Any]:
    """What ``dbt docs generate`` would read, of the nodes and sources of ``manifest`` that are tables or views."""
    with open_duckdb(warehouse, read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name, data_type, column_index from duckdb_columns() "
            "where not internal order by all"
        ).fetchall()
        views = set(
            connection.execute("select schema_name, view_name from duckdb_views() where not internal").fetchall()
        )
    tables: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for schema, table, name, kind, index in columns:
        tables.setdefault((schema, table), {})[name] = {"type": kind, "index": index, "name": name, "comment": None}
    found: dict[str, dict[str, Any]] = {"nodes": {}, "sources": {}}
    for part in found:
        for unique_id, node in manifest[part].items():
            place = (node.get("schema"), node.get("identifier") or node.get("alias"))
            if place not in tables or node["resource_type"] == "test":
                continue
            found[part][unique_id] = {
                "unique_id": unique_id,
                "metadata": {
                    "type": "VIEW" if place in views else "BASE TABLE",
                    "database": node["database"],
                    "schema": place[0],
                    "name": place[1],
                    "comment": None,
                    "owner": None,
                },
                "columns": dict(sorted(tables[place].items(), key=lambda item: int(item[1]["index"]))),
                "stats": {},
            }
    metadata = {"generated_at": manifest["metadata"]["generated_at"]}
    return {"metadata": metadata, **found, "errors": None}
