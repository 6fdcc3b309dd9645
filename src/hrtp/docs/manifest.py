"""The manifest of the build, made fit for readers: no machine, no clock, no code of others."""

from __future__ import annotations

from typing import Any

#: Of a node: where and when this machine made it, and what only dbt reads.
_OF_THE_MACHINE = ("created_at", "build_path", "compiled_path", "root_path", "unrendered_config", "checksum")
#: Of the manifest: what the documentation shows nowhere, or what a person of a test's story might stand in.
_NOT_SHOWN = ("unit_tests", "disabled", "selectors", "group_map", "functions", "saved_queries")
_SHOWN_METADATA = ("dbt_schema_version", "dbt_version", "project_name", "adapter_type", "quoting")
#: The documentation's page asks when it was made; the answer is the same for the same marts.
_NO_CLOCK = "2000-01-01T00:00:00Z"

Manifest = dict[str, Any]


def readable(manifest: Manifest) -> Manifest:
    """A copy of dbt's manifest with what documentation shows."""
    clean: Manifest = {}
    for name, part in manifest.items():
        if name in _NOT_SHOWN:
            clean[name] = type(part)()
        elif name in ("nodes", "sources", "exposures", "metrics", "semantic_models", "groups", "docs"):
            clean[name] = {key: _without(node) for key, node in sorted(part.items())}
        elif name == "macros":
            own = f"macro.{manifest['metadata']['project_name']}."
            clean[name] = {key: _without(macro) for key, macro in sorted(part.items()) if key.startswith(own)}
        elif name == "metadata":
            shown = {key: part[key] for key in _SHOWN_METADATA}
            # without a user and with statistics off, the page calls nobody
            clean[name] = {**shown, "generated_at": _NO_CLOCK, "user_id": None, "send_anonymous_usage_stats": False}
        else:
            clean[name] = {key: part[key] for key in sorted(part)}
    known = set(clean["macros"])
    for node in clean["nodes"].values():
        node["depends_on"]["macros"] = sorted(set(node["depends_on"].get("macros", ())) & known)
    for macro in clean["macros"].values():
        macro["depends_on"]["macros"] = sorted(set(macro["depends_on"]["macros"]) & known)
    gone = set(manifest["unit_tests"])
    for links in (clean["parent_map"], clean["child_map"]):
        for key in gone & set(links):
            del links[key]
        for key, others in links.items():
            links[key] = sorted(set(others) - gone)
    return clean


def _without(node: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in node.items() if key not in _OF_THE_MACHINE}
    if isinstance(kept.get("depends_on"), dict):
        kept["depends_on"] = dict(kept["depends_on"])
    return kept
