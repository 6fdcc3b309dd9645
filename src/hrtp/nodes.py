"""What became of the nodes of a dbt run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node: ``name``, ``resource_type`` (model, test, unit_test, seed), ``status``, failures."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    failures: int | None
    message: str
    meta: dict[str, Any] = field(default_factory=dict)


def failed_nodes(nodes: Iterable[NodeResult]) -> list[NodeResult]:
    """Those that neither succeeded nor merely warned."""
    return [node for node in nodes if node.status in {"error", "fail", "runtime error", "skipped"}]
