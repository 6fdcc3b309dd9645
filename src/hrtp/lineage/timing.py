"""When dbt began and ended each node, as it wrote down itself."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

#: dbt's target folder below ``warehouse/``.
DBT_TARGET = ".dbt_target"
#: Node -> when dbt began and ended it.
Timings = dict[str, tuple[datetime, datetime]]


def timings(target: Path) -> Timings:
    """What ``run_results.json`` says, to be read before dbt runs again and writes over it; empty where it cannot be."""
    found: Timings = {}
    try:
        document = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
        for result in document["results"]:
            instants = [datetime.fromisoformat(t[k]) for t in result["timing"] for k in ("started_at", "completed_at")]
            if instants:
                found[str(result["unique_id"])] = (min(instants), max(instants))
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found
