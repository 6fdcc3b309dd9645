"""Which records are this person: what identity says, and what the landed files hold that never got that far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow.parquet as pq

from hrtp.contracts import EntityContract
from hrtp.identity.decision import RecordId
from hrtp.identity.decisions import Decisions
from hrtp.identity.files import PAIRS_FILE
from hrtp.identity.match import normalise_id
from hrtp.landing import LandedFile, Landing
from hrtp.raw import RawZone
from hrtp.reading import read_file
from hrtp.redaction import KnownPerson, Row
from hrtp.redaction.finder import STATE_IDS, Strings, clean_id, strong_keys
from hrtp.settings import Settings
from hrtp.sources import SourceConfig

#: Entities whose rows say who somebody is.
_WHO = ("participants", "pirl")


@dataclass(frozen=True)
class _Record:
    """One row that says who somebody is. ``is_loaded`` where it has been accepted."""

    source: str
    own: str | None
    state: str | None
    values: Mapping[str, str | None]
    is_loaded: bool


@dataclass
class Selection:
    """A person: ids by source, normalised state ids, and what their rows hold of them."""

    own: dict[str, set[str]] = field(default_factory=dict)
    states: set[str] = field(default_factory=set)
    strings: Strings = field(default_factory=Strings)
    others: _Others = field(default_factory=lambda: _Others())

    def names(self, record: RecordId) -> bool:
        """Whether a steward's word on this record speaks of them."""
        own = clean_id(record.record_id)
        if record.record_type == "participant":
            return own in self.own.get(record.source, ())
        return normalise_id(own) in self.states

    def has(self, record: _Record) -> bool:
        """Whether an id of the record is one of theirs."""
        if (record.source, record.own) in self.others.spared:
            self.others.shared |= {record.state} if record.state is not None else set()
            return False
        return record.own in self.own.get(record.source, ()) or (
            record.state is not None and record.state in self.states
        )

    def add(self, record: _Record) -> None:
        """Take the ids of a record of theirs, but for those that are another known person's."""
        if record.own is not None and (record.source, record.own) not in self.others.own:
            self.own.setdefault(record.source, set()).add(record.own)
        if record.state is not None and record.state not in self.others.states:
            self.states.add(record.state)
        self.strings.learn(record.values)

    def finder(self, source: str) -> KnownPerson:
        """Finds them in the files of ``source``."""
        return KnownPerson(
            self.own.get(source, ()),
            self.states,
            self.strings,
            lambda row: self.others.claim(source, row),
            [own for of, own in self.others.spared if of == source],
        )

    def telling_states(self) -> set[str]:
        """State ids under which nobody else is known: later deliveries are looked through for these."""
        return self.states - self.others.shared


@dataclass
class _Others:
    """Ids that identity gives to other people.

    ``spared`` are those of records that a steward, or a block, keeps apart from theirs although they may share a strong
    key; ``shared`` are the state ids that such records carry.
    """

    own: set[tuple[str, str]] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    spared: set[tuple[str, str]] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def claim(self, source: str, row: Row) -> bool:
        """Whether the row carries an id of one of them."""
        return (source, row.own_id()) in self.own or any(state in self.states for state in row.state_ids())


def select(
    source_id: str,
    own_id: str,
    settings: Settings,
    sources: Mapping[str, SourceConfig],
    contracts: Mapping[str, EntityContract],
) -> Selection:
    """Everything that is known of the person whom ``source_id`` calls ``own_id``."""
    selection = Selection()
    first = clean_id(own_id)
    if first is not None:
        selection.own[source_id] = {first}
    _ask_identity(selection, (source_id, first), settings)
    records = list(_records(settings, sources, contracts))
    theirs = [r for r in records if selection.has(r)]
    # a refused row may carry this id and another person's name: what was accepted says who they are
    trusted = [r for r in theirs if r.is_loaded] or theirs
    keys: set[tuple[str, ...]] = set()
    while trusted:
        for record in trusted:
            selection.add(record)
            keys |= strong_keys(record.values)
        known = {id(record) for record in theirs}
        trusted = [
            r
            for r in records
            if id(r) not in known
            and (r.source, r.own) not in selection.others.own
            and r.state not in selection.others.states
            and (selection.has(r) or strong_keys(r.values) & keys)
        ]
        theirs += trusted
    return selection


def _ask_identity(selection: Selection, first: tuple[str, str | None], settings: Settings) -> None:
    path = settings.identity / "record_keys.parquet"
    if not path.exists():
        return
    records = pq.read_table(path).to_pylist()
    ids = [(r, clean_id(r["record_id"])) for r in records]
    keys = {r["person_key"] for r, own in ids if r["record_type"] == "participant" and (r["source"], own) == first}
    for record, own in ids:
        is_theirs, is_own = record["person_key"] in keys, record["record_type"] == "participant"
        state = normalise_id(own)
        if is_own and own is not None:
            if is_theirs:
                selection.own.setdefault(record["source"], set()).add(own)
            else:
                selection.others.own.add((record["source"], own))
        elif state is not None:
            (selection.states if is_theirs else selection.others.states).add(state)
    _spare_the_parted(selection, settings)


def _spare_the_parted(selection: Selection, settings: Settings) -> None:
    """Whom a steward or a block keeps apart from a record of theirs: a shared key does not make them this person."""
    parted = [(d.left, d.right) for d in Decisions(settings.landing).in_force().values() if d.verdict == "apart"]
    path = settings.identity / PAIRS_FILE
    if path.exists():
        ends = [f"{side}_{part}" for side in ("left", "right") for part in ("source", "type", "id")]
        table = pq.read_table(path, columns=[*ends, "blocked"])
        for row in table.filter(table["blocked"].is_valid()).select(ends).to_pylist():
            values = list(row.values())
            parted.append((RecordId(*values[:3]), RecordId(*values[3:])))
    for pair in parted:
        for this, other in (pair, pair[::-1]):
            own = (other.source, clean_id(other.record_id) or "")
            if other.record_type == "participant" and own in selection.others.own and selection.names(this):
                selection.others.spared.add(own)


def _records(
    settings: Settings, sources: Mapping[str, SourceConfig], contracts: Mapping[str, EntityContract]
) -> Iterator[_Record]:
    loaded = _loaded_rows(settings, contracts)
    for landed, data, source in landed_files(settings, sources):
        entities = tuple(e for e in landed.entities if e in _WHO)
        if not entities:
            continue
        for table in read_file(data, landed.file_name, landed.entities, source, contracts):
            if table.entity not in _WHO or table.rejected is not None:
                continue
            for row in table.frame.to_dict("records"):
                values = {str(k): v if isinstance(v, str) else None for k, v in row.items()}
                state = next((values[c] for c in STATE_IDS if values.get(c)), None)
                is_loaded = (table.entity, landed.sha256, int(row["row_number"])) in loaded
                yield _Record(
                    source.source,
                    clean_id(values.get("participant_id")),
                    normalise_id(clean_id(state)),
                    values,
                    is_loaded,
                )


def _loaded_rows(settings: Settings, contracts: Mapping[str, EntityContract]) -> set[tuple[str, str, int]]:
    zone = RawZone(settings, contracts)
    version = zone.version()
    found: set[tuple[str, str, int]] = set()
    for entity in _WHO:
        for path in zone.files(entity, version):
            rows = pq.read_table(path, columns=["_file_sha256", "_row_number"])
            found |= {(entity, sha, n) for sha, n in zip(*(c.to_pylist() for c in rows.columns), strict=True)}
    return found


def landed_files(
    settings: Settings, sources: Mapping[str, SourceConfig]
) -> Iterator[tuple[LandedFile, bytes, SourceConfig]]:
    """Every landed file of every source under the last name that its partner gave it, with its bytes."""
    for name, source in sorted(sources.items()):
        if (settings.landing / name).is_dir():
            landing = Landing(settings.landing, name)
            notes = landing.notes()
            for first in landing.files():
                names = [again.of(first) for again in notes.get(first.sha256, ())]
                landed = (names or [first])[-1]
                yield landed, landing.read(first), source
