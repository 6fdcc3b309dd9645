"""The events of a whole night, and the ways that they tell of."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Dataset = tuple[str, str]


def named(dataset: dict[str, Any]) -> Dataset:
    return dataset["namespace"], dataset["name"]


@dataclass(frozen=True)
class Told:
    home: Path
    events: list[dict[str, Any]]

    def ends(self, job: str = "") -> list[dict[str, Any]]:
        """Last events of the runs of jobs whose name begins so."""
        return [e for e in self.events if e["eventType"] != "START" and e["job"]["name"].startswith(job)]

    @cached_property
    def onward(self) -> dict[Dataset, set[Dataset]]:
        """Dataset -> what was made from it in one step."""
        edges: dict[Dataset, set[Dataset]] = defaultdict(set)
        for event in self.ends():
            for above in event.get("inputs", []):
                edges[named(above)] |= {named(below) for below in event.get("outputs", [])}
        return dict(edges)

    def reached(self, start: Dataset) -> set[Dataset]:
        """Every dataset that some of ``start`` is in."""
        seen, waiting = set[Dataset](), [start]
        while waiting:
            for below in self.onward.get(waiting.pop(), set()) - seen:
                seen.add(below)
                waiting.append(below)
        return seen


def told_by(home: Path) -> Told:
    """What the night of a home told."""
    files = sorted((home / "logs" / "lineage").glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return Told(home, [json.loads(line) for line in lines])
