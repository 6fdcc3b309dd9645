"""Everything that did not load, for the operator's terminal: rows by reference, files with their reason."""

from __future__ import annotations

from hrtp.feedback.collect import Evidence
from hrtp.ingest import source_config
from hrtp.settings import Settings
from hrtp.sources import load_sources


def not_loaded(settings: Settings, source_id: str | None = None) -> list[dict[str, object]]:
    """One entry a row and rule, and one a table that is held or rejected (no row number), in a fixed order.

    Raises:
        SourceConfigError: there is no such source.
    """
    if source_id is not None:
        sources = [source_config(source_id, settings)]
    else:
        sources = list(load_sources(settings.project).values())
    if not settings.raw.is_dir():
        return []
    found: list[dict[str, object]] = []
    for source in sources:
        evidence = Evidence(source, settings)
        for manifest in (m for manifests in evidence.files.values() for m in manifests):
            entry: dict[str, object] = {
                "source": source.source,
                "entity": manifest.entity,
                "file_name": manifest.file_name,
                "file_state": manifest.state,
            }
            if manifest.state != "loaded":
                family = evidence.catalogue.get(manifest.reason or "")
                words = [text for text in (family.message if family else None, manifest.detail) if text]
                found.append(
                    entry
                    | {
                        "row_number": None,
                        "rule_id": manifest.reason,
                        "column_name": None,
                        "severity": "reject" if manifest.state == "rejected" else "hold",
                        "message": " ".join(words),
                    }
                )
            for number, rule, column, message in evidence.quarantined(manifest):
                found.append(
                    entry
                    | {
                        "row_number": number,
                        "rule_id": rule,
                        "column_name": column,
                        "severity": "error",
                        "message": message,
                    }
                )
    return sorted(
        found,
        key=lambda e: (
            tuple(str(e[k]) for k in ("source", "entity", "file_name"))
            + (int(str(e["row_number"] or 0)), str(e["rule_id"]), str(e["column_name"]))
        ),
    )
