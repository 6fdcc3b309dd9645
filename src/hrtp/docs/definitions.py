"""The indicators' definitions at their models: what the figure is, in the catalogue's words of the day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hrtp.docs.manifest import Manifest
from hrtp.duck import open_duckdb
from hrtp.marts import rows

_QUERY = """
    select
        indicator_key, name, charter_wording, unit, definition, unknown_definition, owner,
        baseline, target, target_scope
    from marts.dim_indicator
"""


def add_definitions(manifest: Manifest, warehouse: Path) -> None:
    """Put the catalogue's definition into the description of each ``ind_`` model."""
    package = str(manifest["metadata"]["project_name"])
    with open_duckdb(warehouse, read_only=True) as connection:
        catalogue = rows(connection, _QUERY)
    for indicator in catalogue:
        node = manifest["nodes"].get(f"model.{package}.ind_{indicator['indicator_key']}")
        if node is not None:
            node["description"] = _words(package, indicator, manifest["metrics"])


def _words(package: str, indicator: dict[str, Any], metrics: dict[str, Any]) -> str:
    key = indicator["indicator_key"]
    parts = [f"**{indicator['name']}.** {indicator['definition']}"]
    if indicator["unknown_definition"]:
        parts.append(f"Unknown are: {indicator['unknown_definition']}")
    aims = [f"{aim} {indicator[aim]}" for aim in ("baseline", "target") if indicator[aim] is not None]
    where = " in each sector" if indicator["target_scope"] == "each_sector" else ""
    parts.append(f"Unit: {indicator['unit']}. " + (f"{', '.join(aims).capitalize()}{where}." if aims else "No target."))
    parts.append(f"The charter says: {indicator['charter_wording']}. Answers for the definition: {indicator['owner']}.")
    links = [f"[the figures](#!/model/model.{package}.indicator_values)"]
    links.append(f"[the evidence of all indicators](#!/model/model.{package}.indicator_evidence)")
    metric = f"metric.{package}.{key}"
    if metric in metrics:
        links.append(f"[the metric](#!/metric/{metric})")
    parts.append(f"This model yields one row a thing that counts, or could have. See {', '.join(links)}.")
    return "\n\n".join(parts)
