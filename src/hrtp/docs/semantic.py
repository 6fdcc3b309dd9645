"""``published/semantic``: all that MetricFlow's ``mf`` needs to ask the published marts, without this checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: DuckDB calls a file's catalog after the file: published/marts.duckdb.
CATALOG = "marts"
#: The folder below ``published``, and within it the file that ``mf`` looks for.
SEMANTIC_FOLDER = "semantic"
SEMANTIC_MANIFEST = Path("target") / "semantic_manifest.json"

_PROJECT = """\
# What `mf query` opens, written anew with every night (docs/how-to/semantic-layer.md):
#   cd published/semantic && DBT_LOG_PATH=/tmp/mf mf query --metrics workers_enrolled --group-by sector
name: hrtp
version: "1.0.0"
config-version: 2
profile: hrtp
flags:
  send_anonymous_usage_stats: false
"""
_PROFILE = """\
# The published marts, for reading only; read through the stable link, so a later night is seen by the next query.
hrtp:
  target: published
  outputs:
    published:
      type: duckdb
      path: "{{ env_var('HRTP_MARTS', '../marts.duckdb') }}"
      threads: 1
      config_options:
        access_mode: READ_ONLY
"""


def semantic_files(manifest: dict[str, Any]) -> dict[Path, bytes]:
    """The files by their path within the folder, from the build's ``semantic_manifest.json``.

    The build's file is another one than the published: its relations are named anew.
    """
    for part in ("semantic_models", "metrics"):
        manifest[part].sort(key=lambda item: item["name"])  # dbt's order is that of its threads
    spines = manifest["project_configuration"]["time_spines"]
    for owner in (*manifest["semantic_models"], *spines):
        relation = owner["node_relation"]
        relation["database"] = CATALOG
        relation["relation_name"] = f'"{CATALOG}"."{relation["schema_name"]}"."{relation["alias"]}"'
    return {
        Path("dbt_project.yml"): _PROJECT.encode(),
        Path("profiles.yml"): _PROFILE.encode(),
        SEMANTIC_MANIFEST: json.dumps(manifest, indent=1, sort_keys=True).encode(),
    }


def relations(manifest: dict[str, Any]) -> list[str]:
    """Names of the marts that the semantic layer asks, from the build's ``semantic_manifest.json``."""
    spines = manifest["project_configuration"]["time_spines"]
    return sorted({str(one["node_relation"]["alias"]) for one in (*manifest["semantic_models"], *spines)})
