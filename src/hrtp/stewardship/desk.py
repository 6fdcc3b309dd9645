"""What lies on the steward's desk: the last build's keys, pairs and changes, and the decisions up to now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow.parquet as pq

from hrtp.build import raw_views
from hrtp.errors import HrtpError
from hrtp.identity import PersonKey, load_person_key
from hrtp.identity.compared import COMPARED, seen_digest
from hrtp.identity.decision import Decision, RecordId
from hrtp.identity.decisions import Decisions, Pair, newest
from hrtp.identity.files import CHANGES_FILE, KEYS_FILE, PAIRS_FILE, built_as_of
from hrtp.identity.resolve import compared_records
from hrtp.settings import Settings

_HANDLE_DIGITS = 12
_SIDES = ("left", "right")


class NotBuilt(HrtpError):
    """Identity has said nothing yet."""

    code = "NOT_BUILT"


class NoSuchRecord(HrtpError):
    """A record that nobody knows, or that is named in two ways at once."""

    code = "NO_SUCH_RECORD"


@dataclass
class Desk:
    """All that a steward's question needs. Names are read from raw only where they are asked for."""

    settings: Settings
    as_of: date
    person_key: PersonKey
    keys: dict[RecordId, str]
    pairs: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    decisions: list[Decision]
    _said: dict[RecordId, dict[str, str | None]] = field(default_factory=dict)

    @cached_property
    def in_force(self) -> dict[Pair, Decision]:
        """The newest decision on each pair."""
        return newest(self.decisions)

    @cached_property
    def of_key(self) -> dict[str, list[RecordId]]:
        """Records by person_key, in order."""
        found: dict[str, list[RecordId]] = {}
        for record, key in self.keys.items():
            found.setdefault(key, []).append(record)
        return found

    def read(self, records: Iterable[RecordId]) -> None:
        """Fetch what these records say, all at once."""
        missing = sorted(set(records) - set(self._said))
        if missing:
            with raw_views(self.settings, self.as_of) as connection:
                found = compared_records(connection, self.as_of, missing)
            nothing: dict[str, str | None] = dict.fromkeys(COMPARED)
            self._said |= {record: found.get(record, nothing) for record in missing}

    def says(self, record: RecordId) -> dict[str, str | None]:
        """The compared fields of a record, names included: for the restricted zone and a steward's own eyes."""
        self.read([record])
        return self._said[record]

    def seen(self, pair: Pair) -> str:
        """Digest of what both records say now."""
        self.read(pair)
        return seen_digest(self._said[pair[0]], self._said[pair[1]])

    def shown(self, record: RecordId) -> str:
        """How a record is called where others may read along: the partner's own id; a state id as a handle."""
        if record.record_type == "participant":
            prefix = "participant:" if record.record_id.startswith(("participant:", "caljobs:", "#")) else ""
            return f"{record.source}:{prefix}{record.record_id}"
        return f"{record.source}:#{self._handle(record)}"

    def _handle(self, record: RecordId) -> str:
        return self.person_key.of("\x1f".join(("record", *record)))[:_HANDLE_DIGITS]

    def record(self, text: str) -> RecordId:
        """The record that ``text`` names: source:id, source:caljobs:id, or as `shown` shows it.

        Raises:
            NoSuchRecord: where there is none, or more than one.
        """
        source, _, rest = text.strip().partition(":")
        kind, _, own = rest.partition(":")
        if rest.startswith("#"):
            found = [r for r in self.keys if r.source == source and self._handle(r) == rest[1:].lower()]
        elif kind in {"participant", "caljobs"} and own:
            found = [r for r in (RecordId(source, kind, own),) if r in self.keys]
        else:
            of_kind = (RecordId(source, kind, rest) for kind in ("participant", "caljobs"))
            found = [r for r in of_kind if r in self.keys]
        if len(found) != 1:
            what = "no record" if not found else "a participant and a state id"
            raise NoSuchRecord(
                f"{what} of that name; write source:id as `hrtp identity review` shows it "
                "(source:participant:id and source:caljobs:id tell the two kinds apart)"
            )
        return found[0]


def open_desk(settings: Settings, as_of: date | None = None) -> Desk:
    """Lay out what the last build has said.

    Args:
        settings: the deployment.
        as_of: day as of which records are read; by default that of the last build.

    Raises:
        NotBuilt: before the first build.
    """
    day = as_of or built_as_of(settings)
    if day is None or not (settings.identity / KEYS_FILE).exists():
        raise NotBuilt("identity has not been built yet; run `hrtp build` first")
    tables = {name: _rows(settings, name) for name in (KEYS_FILE, PAIRS_FILE, CHANGES_FILE)}
    keys = {RecordId(r["source"], r["record_type"], r["record_id"]): r["person_key"] for r in tables[KEYS_FILE]}
    return Desk(
        settings,
        day,
        load_person_key(settings),
        keys,
        [_with_pair(row) for row in tables[PAIRS_FILE]],
        tables[CHANGES_FILE],
        Decisions(settings.landing).all(),
    )


def _rows(settings: Settings, name: str) -> list[dict[str, Any]]:
    path = settings.identity / name
    return pq.read_table(path).to_pylist() if path.exists() else []


def _with_pair(row: dict[str, Any]) -> dict[str, Any]:
    left, right = (RecordId(row[f"{side}_source"], row[f"{side}_type"], row[f"{side}_id"]) for side in _SIDES)
    return row | {"pair": (min(left, right), max(left, right))}
