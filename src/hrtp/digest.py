"""A night, or one source's share of it, in a few words: what a manager reads beside the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hrtp.scorecard import scorecard_lines
from hrtp.settings import Settings
from hrtp.status import source_states


@dataclass(frozen=True)
class Digest:
    """What stands after a publish.

    Attributes:
        as_of: day that the figures speak of.
        targets_met: how many targets are met, of ``targets``.
        targets: how many indicators have one.
        rows_quarantined: rows that did not load, of the files that count now.
        sources_quarantined: how many sources they came from.
        late: state -> sources that are in it, for every state but ``ok``.
        data_through: earliest day that a source's data runs through; None where one never came.
    """

    as_of: date | None
    targets_met: int
    targets: int
    rows_quarantined: int
    sources_quarantined: int
    late: Mapping[str, Sequence[str]]
    data_through: date | None

    def to_json(self) -> dict[str, object]:
        """For an asset's event."""
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "data_through": self.data_through.isoformat() if self.data_through else None,
            "targets_met": self.targets_met,
            "targets": self.targets,
            "rows_quarantined": self.rows_quarantined,
            "sources_not_ok": {state: list(sources) for state, sources in self.late.items()},
        }

    def in_words(self, *, changed: bool) -> str:
        """In one line, as lists of runs show it: figures, quarantine, sources that are not well, the publish."""
        words = [f"as of {self.as_of}: {self.targets_met} of {self.targets} targets met"]
        if self.rows_quarantined:
            rows = _count(self.rows_quarantined, "row")
            words.append(f"{rows} in quarantine at {_count(self.sources_quarantined, 'partner')}")
        words += [f"{state}: {', '.join(sources)}" for state, sources in self.late.items()]
        words.append("published: new figures" if changed else "published: nothing new")
        return "; ".join(words)


def digest(settings: Settings) -> Digest:
    """The digest of what is published.

    Raises:
        NotPublished: before the first night.
    """
    lines, states = scorecard_lines(settings), source_states(settings)
    late: dict[str, list[str]] = {}
    for state in states:
        if state.state != "ok":
            late.setdefault(state.state, []).append(state.source)
    days = [state.data_through_date for state in states]
    return Digest(
        as_of=lines[0].as_of_date if lines else None,
        targets_met=sum(1 for line in lines if line.meets_target),
        targets=sum(1 for line in lines if line.target is not None),
        rows_quarantined=sum(state.rows_quarantined for state in states),
        sources_quarantined=sum(1 for state in states if state.rows_quarantined),
        late=dict(sorted(late.items())),
        data_through=None if None in days or not days else min(day for day in days if day is not None),
    )


def ingest_in_words(summary: Mapping[str, object]) -> str:
    """The digest of one ingest, from `hrtp.ingest.IngestResult.summary`."""
    tables, loaded, bad = (int(str(summary.get(k, 0))) for k in ("new_tables", "rows_loaded", "rows_quarantined"))
    words = ["nothing new came"]
    if tables:
        words = [f"{_count(tables, 'new table')}: {_count(loaded, 'row')} loaded, {bad:,} in quarantine"]
    if summary.get("data_through"):
        words.append(f"data through {summary['data_through']}")
    held = summary.get("held")
    if isinstance(held, list) and held:
        words.append(f"held until a person decides: {', '.join(held)}")
    return "; ".join(words)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
