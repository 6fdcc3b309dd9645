"""A world of the dbt tests, published with its documentation and semantic layer as the product does it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse_world import PROJECT, World

from hrtp.docs import write_docs
from hrtp.publish import publish
from hrtp.settings import Settings, load_settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


def publish_world(world: World, manifest: Manifest, home: Path) -> Settings:
    """The settings of a home in which `world` is published."""
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    settings = load_settings(home=home, project=PROJECT.parent)
    settings.make_zones()
    shutil.copy(world.path, settings.warehouse / "hrtp.duckdb")
    manifest.write(str(settings.warehouse / "manifest.json"))
    SemanticManifest(manifest).write_json_to_file(str(settings.warehouse / "semantic_manifest.json"))
    publish(settings)
    write_docs(settings)
    return settings
