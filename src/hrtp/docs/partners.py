"""The partners as the first nodes of the lineage: dbt knows the entities, and not who delivers them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hrtp.contracts import EntityContract, load_contracts
from hrtp.docs.manifest import Manifest
from hrtp.errors import SourceConfigError
from hrtp.sources import SourceConfig, load_source

log = logging.getLogger("hrtp.docs")

_KINDS = {
    "sector_intermediary": "Sector intermediary",
    "ajcc": "America's Job Center",
    "program_office": "Program office",
}


def add_partners(manifest: Manifest, project: Path) -> None:
    """Add a source node a partner, as parent of each entity that it delivers, and name them at the entity.

    dbt reads one table an entity, in which all partners' rows stand; who delivers it is in ``sources/*.yml``. The nodes
    are of the documentation alone: no model can refer to them.
    """
    contracts = load_contracts(project)
    package = str(manifest["metadata"]["project_name"])
    delivered: dict[str, list[SourceConfig]] = {}
    for path, partner in _partners(project):
        node = _node(package, path, partner, [c for c in contracts.values() if partner.kind in c.kinds])
        unique_id = node["unique_id"]
        manifest["sources"][unique_id] = node
        manifest["parent_map"][unique_id] = []
        manifest["child_map"][unique_id] = []
        for contract in contracts.values():
            entity = f"source.{package}.raw.{contract.entity}"
            if partner.kind in contract.kinds and entity in manifest["sources"]:
                manifest["parent_map"].setdefault(entity, []).append(unique_id)
                manifest["child_map"][unique_id].append(entity)
                delivered.setdefault(entity, []).append(partner)
    for entity, partners in delivered.items():
        node = manifest["sources"][entity]
        links = ", ".join(f"[{one.name}](#!/source/source.{package}.partners.{one.source})" for one in partners)
        node["description"] = f"{node['description']}\n\nDelivered by: {links}."


def _partners(project: Path) -> Iterator[tuple[Path, SourceConfig]]:
    for path in sorted((project / "sources").glob("*.yml")):
        try:
            yield path, load_source(path)
        except SourceConfigError as error:  # its own DAG fails and says so
            log.error("left out of the documentation: %s", error)


def _node(package: str, path: Path, partner: SourceConfig, contracts: list[EntityContract]) -> dict[str, Any]:
    file = f"sources/{path.name}"
    return {
        "unique_id": f"source.{package}.partners.{partner.source}",
        "resource_type": "source",
        "package_name": package,
        "source_name": "partners",
        "source_description": "Who delivers: one file in sources/ each.",
        "name": partner.source,
        "identifier": partner.source,
        "database": "partners",
        "schema": "partners",
        "path": file,
        "original_file_path": file,
        "fqn": [package, "partners", partner.source],
        "loader": f"DAG ingest_{partner.source}",
        "description": _words(package, partner, contracts),
        "columns": {},
        "tags": list(partner.tags),
        "meta": {"owner": partner.owner.name, "kind": partner.kind, "schedule": partner.schedule},
        "config": {"enabled": True},
        "quoting": {},
        "external": None,
        "freshness": None,
        "loaded_at_field": None,
        "patch_path": None,
        "relation_name": None,
        "unrendered_config": {},
        "doc_blocks": [],
    }


def _words(package: str, partner: SourceConfig, contracts: list[EntityContract]) -> str:
    """Who it is and what it delivers; how it is reached, and by which account, is nobody's to read here."""
    rows = []
    for contract in contracts:
        mapping = partner.mapping(contract.entity)
        headers = f"{len(mapping.columns)} columns under its own headers" if mapping.columns else "canonical headers"
        link = f"[{contract.entity}](#!/source/source.{package}.raw.{contract.entity})"
        rows.append(f"| {link} | {mapping.mode} | {headers} |")
    kind = _KINDS[partner.kind] + (f" of the sector {partner.sector}" if partner.sector else "")
    return "\n".join(
        [
            f"**{partner.name}.** {kind}. Owner: {partner.owner.name}. Delivers by the cron `{partner.schedule}` (Los "
            f"Angeles) and is late {partner.late_after_days} days after the day that its data runs through.",
            "",
            "| entity | delivers | form |",
            "|---|---|---|",
            *rows,
        ]
    )
