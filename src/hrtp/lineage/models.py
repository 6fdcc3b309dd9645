"""What a build did: who is one person, then every dbt model and test, from what dbt wrote down of its own run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openlineage.client.event_v2 import InputDataset

from hrtp.duck import open_duckdb
from hrtp.landing import file_sha256
from hrtp.lineage import aside
from hrtp.lineage.datasets import Check, assertions, columns_of, described, owned_by, project_file, table, written
from hrtp.lineage.events import Ending, Events, Work
from hrtp.lineage.timing import Timings
from hrtp.nodes import NodeResult
from hrtp.raw import RawVersion

#: What the linkage reads and writes (`hrtp.identity`).
IDENTITY_READS = ("raw.participants", "raw.pirl", "raw.caljobs_activities", "raw.load_manifest")
IDENTITY_WRITES = ("identity.record_keys", "identity.key_changes", "identity.review_pairs")
_BUILT = ("model", "seed")
_ENDINGS: Mapping[str, Ending] = {"success": "COMPLETE", "skipped": "ABORT"}


def models(
    warehouse: Path,
    target: Path,
    *,
    as_of: date,
    raw: RawVersion,
    nodes: Sequence[NodeResult],
    times: Timings,
) -> Callable[[Events], Iterable[Work]]:
    """What a build made.

    Args:
        warehouse: DuckDB file that was built.
        target: dbt's target folder.
        as_of: day that the figures speak of.
        raw: version of raw that was read.
        nodes: what became of each node of dbt.
        times: of `hrtp.lineage.timing`.
    """

    def describe(events: Events) -> Iterator[Work]:
        settings = events.settings
        tables, beside = _warehouse(warehouse)
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        graph = _Graph(manifest, tables, settings.project)
        day = {"as_of": as_of, "raw_version": dict(sorted(raw.entities.items()))}
        yield Work(
            job="identity.resolve",
            inputs=[table(name) for name in IDENTITY_READS],
            outputs=[written(name) for name in IDENTITY_WRITES],
            kind="LINKAGE",
            facts=day,
            path="src/hrtp/identity/resolve.py",
            description="Decide which records are one person, and give each person a key without a name",
        )
        yield aside.registry(settings, {"as_of": as_of})
        names = sorted(name.removeprefix("reference.") for name in tables if name.startswith("reference."))
        yield from aside.lists(settings, beside, names, {"as_of": as_of})
        reads = {graph.name(one): graph.reads(one) for one, node in graph.nodes.items() if _is_table(node)}
        yield aside.other_identities(beside, reads, day)
        for node in nodes:
            if node.resource_type in _BUILT and node.unique_id in graph.nodes:
                began, ended = times.get(node.unique_id, (None, None))
                yield graph.built(node, began, ended, {"as_of": as_of})
        yield graph.tested([node for node in nodes if node.resource_type == "test"], {"as_of": as_of})

    return describe


_Tables = dict[str, tuple[dict[str, str], int | None]]


def _warehouse(warehouse: Path) -> tuple[_Tables, aside.Aside]:
    """Table -> (column -> type, rows), and what it says of lists and identities.

    Of a table DuckDB knows columns and rows without reading it, of a view only the columns.
    """
    with open_duckdb(warehouse, read_only=True) as connection:
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by 1, column_index"
        ).fetchall()
        counts = connection.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables() where not internal"
        ).fetchall()
        beside = aside.read_aside(connection)
    rows = dict(counts)
    types: dict[str, dict[str, str]] = defaultdict(dict)
    for name, column, kind in columns:
        types[name][column] = kind
    return {name: (kinds, rows.get(name)) for name, kinds in types.items()}, beside


class _Graph:
    """dbt's manifest: what each node reads, what it is called, who owns it."""

    def __init__(self, manifest: dict[str, Any], tables: _Tables, project: Path) -> None:
        self._project = project
        self.nodes: dict[str, dict[str, Any]] = {**manifest["nodes"], **manifest["sources"]}
        self._owners = {g["name"]: str(g["owner"]["name"]) for g in manifest.get("groups", {}).values()}
        self._tables = tables

    def name(self, unique_id: str) -> str:
        """``schema.table`` of a model, seed or source."""
        node = self.nodes[unique_id]
        return f"{node['schema']}.{node.get('alias') or node.get('identifier') or node['name']}"

    def reads(self, unique_id: str) -> list[str]:
        """Tables that a node reads, in the order of their names."""
        found = self.nodes[unique_id].get("depends_on", {}).get("nodes", [])
        return sorted(self.name(above) for above in found if above in self.nodes)

    def built(
        self, result: NodeResult, began: datetime | None, ended: datetime | None, facts: Mapping[str, Any]
    ) -> Work:
        """One model or seed."""
        node = self.nodes[result.unique_id]
        name = self.name(result.unique_id)
        types, n_rows = self._tables.get(name, ({}, None))
        owner = self._owners.get(str(node.get("group")))
        facets: dict[str, Any] = {}
        if types:
            facets["schema"] = columns_of(types, {c: str(of["description"]) for c, of in node["columns"].items()})
        if node.get("description"):
            facets["documentation"] = described(str(node["description"]))
        if owner:
            facets["ownership"] = owned_by(owner)
        ending = _ENDINGS.get(result.status, "FAIL")
        return Work(
            job=f"dbt.{name}",
            inputs=[table(above) for above in self.reads(result.unique_id)] or self._file(node),
            outputs=[written(name, facets, n_rows=n_rows)],
            kind=result.resource_type.upper(),
            integration="DBT",
            began=began,
            ended=ended,
            ending=ending,
            reason=None if ending == "COMPLETE" else result.status.upper().replace(" ", "_"),
            facts=facts,
            path=_path(node),
            description=str(node.get("description") or "") or None,
            owner=owner,
        )

    def _file(self, node: Mapping[str, Any]) -> list[InputDataset]:
        """The CSV of a seed; nothing of a model that reads no table."""
        if node["resource_type"] != "seed":
            return []
        path = self._project / _path(node)  # dbt's own checksum is not that of the bytes
        return [project_file(path, file_sha256(path))]

    def tested(self, results: Sequence[NodeResult], facts: Mapping[str, Any]) -> Work:
        """All tests as one piece of work that reads what they look at."""
        checks: dict[str, list[Check]] = defaultdict(list)
        for result in results:
            node = self.nodes.get(result.unique_id)
            if node is None:
                continue
            severity = str(node["config"].get("severity", "error")).lower()
            check = Check(result.name, result.status == "pass", severity, node.get("column_name"), result.failures)
            looked_at = [node["attached_node"]] if node.get("attached_node") else node["depends_on"]["nodes"]
            for above in looked_at:
                if above in self.nodes:
                    checks[self.name(above)].append(check)
        inputs = []
        for name in sorted(checks):
            dataset = table(name)
            dataset.inputFacets = {"dataQualityAssertions": assertions(checks[name])}  # type: ignore[dict-item]
            inputs.append(dataset)
        failed = any(r.status in {"fail", "error"} for r in results)
        return Work(
            job="dbt.test",
            inputs=inputs,
            outputs=[written("marts.dbt_test_results")],
            kind="TEST",
            integration="DBT",
            ending="FAIL" if failed else "COMPLETE",
            reason="TEST_FAILED" if failed else None,
            facts=facts,
            path="dbt_project/dbt_project.yml",
            description="Every data test of the warehouse; a failed one stops the publishing",
        )


def _is_table(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] in _BUILT


def _path(node: Mapping[str, Any]) -> str:
    """Of the SQL or CSV of a node, below the checkout; seeds lie beside the dbt project."""
    path = str(node["original_file_path"])
    return path.removeprefix("../") if path.startswith("../") else f"dbt_project/{path}"
