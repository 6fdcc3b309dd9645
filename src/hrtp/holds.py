"""Files that wait for an operator's word, and giving it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from hrtp.contracts import load_contracts
from hrtp.errors import HrtpError
from hrtp.ingest import ingest, source_config, standing_tables
from hrtp.landing import Landing
from hrtp.raw import Manifest, RawZone
from hrtp.settings import Settings

log = logging.getLogger("hrtp.holds")

#: Fewer characters of a sha256 could mean another file tomorrow.
SHORTEST_PREFIX = 8
#: A rejection that an operator may overrule: nothing is wrong with the file but its age.
_FORCEABLE = frozenset({"OUT_OF_ORDER"})


class DecisionError(HrtpError):
    """The word cannot be taken."""

    code = "DECISION"


@dataclass(frozen=True)
class HeldFile:
    """One entity of a file that waits. ``is_superseded``: another has made up for it since."""

    source: str
    entity: str
    file_name: str
    file_sha256: str
    reason: str
    detail: str
    data_through_date: date
    received_at: datetime
    is_superseded: bool

    def to_json(self) -> dict[str, object]:
        """JSON-able form."""
        return {
            **self.__dict__,
            "data_through_date": self.data_through_date.isoformat(),
            "received_at": self.received_at.isoformat(),
        }


def list_held(settings: Settings, source: str | None = None) -> list[HeldFile]:
    """Every file that waits, by source, entity and day."""
    by_source: dict[str, list[Manifest]] = {}
    for m in _manifests(settings):
        if source in (None, m.source):
            by_source.setdefault(m.source, []).append(m)
    held = []
    for manifests in by_source.values():
        standing = {(m.entity, m.file_sha256) for m in standing_tables(manifests)}
        held += [
            HeldFile(
                m.source,
                m.entity,
                m.file_name,
                m.file_sha256,
                m.reason or "",
                m.detail or "",
                m.data_through_date,
                m.received_at,
                (m.entity, m.file_sha256) not in standing,
            )
            for m in manifests
            if m.state == "held"
        ]
    return sorted(held, key=lambda h: (h.source, h.entity, h.data_through_date, h.file_sha256))


def decide(
    settings: Settings, file: str, verdict: Literal["approve", "reject"], *, why: str, by: str
) -> list[Manifest]:
    """Keep an operator's word on a file that waits, and do as it says.

    Args:
        settings: of the deployment.
        file: its name, or the first eight or more digits of its sha256.
        verdict: ``approve`` loads it with its bad rows in quarantine, ``reject`` ends the wait.
        why: the reason; kept in the landing zone and nowhere else. Name no participant in it.
        by: who says so; kept likewise.

    Returns:
        What became of each entity of the file. The figures follow with the next build.

    Raises:
        DecisionError: where no such file waits, several fit, or reason or name is missing.
    """
    if not why.strip() or not by.strip():
        raise DecisionError("a decision needs a reason (--why) and a name (--by)")
    waiting = _find(settings, file, verdict)
    source, sha256 = waiting[0].source, waiting[0].file_sha256
    landing = Landing(settings.landing, source)
    entities = tuple(sorted(m.entity for m in waiting))
    with landing.lock():
        landing.ledger.add_decision(
            sha256, entities, verdict, why=why.strip(), by=by.strip(), at=datetime.now(UTC).replace(microsecond=0)
        )
    log.info("source=%s sha256=%s decision=%s entities=%s", source, sha256[:12], verdict, ",".join(entities))
    result = ingest(source_config(source, settings), settings, pull=False)
    return [o.manifest for o in result.files if o.manifest.file_sha256 == sha256 and o.manifest.entity in entities]


def _find(settings: Settings, file: str, verdict: str) -> list[Manifest]:
    def names(m: Manifest) -> bool:
        is_prefix = len(file) >= SHORTEST_PREFIX and m.file_sha256.startswith(file.lower())
        return m.file_name == file or is_prefix

    found = [m for m in _manifests(settings) if names(m)]
    if not found:
        raise DecisionError(f"no file {file!r} has arrived; `hrtp held` lists those that wait")
    open_ones = [
        m
        for m in found
        if m.state == "held" or (verdict == "approve" and m.state == "rejected" and m.reason in _FORCEABLE)
    ]
    if not open_ones:
        states = ", ".join(sorted({f"{m.entity} is {m.state}{f' ({m.reason})' if m.reason else ''}" for m in found}))
        raise DecisionError(f"{file} does not wait for a decision: {states}. A wrong file is mended by a new export")
    if len({(m.source, m.file_sha256) for m in open_ones}) > 1:
        choices = ", ".join(sorted({f"{m.source} {m.file_sha256[:12]}" for m in open_ones}))
        raise DecisionError(f"several files are called {file}: say which by its sha256: {choices}")
    return open_ones


def _manifests(settings: Settings) -> list[Manifest]:
    settings.make_zones()
    zone = RawZone(settings, load_contracts(settings.project))
    return zone.manifests(zone.version())
