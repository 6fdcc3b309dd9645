"""How the oracle reads canonical rows, and who it takes for one person or organisation; see tests/oracle.py."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Row = Mapping[str, str | None]

NAMING = {"partners": "organization", "employer_partnerships": "employer", "placements": "employer"}
LEGAL_SUFFIXES = {"inc", "incorporated", "corp", "corporation", "co", "company", "llc", "ltd", "limited", "llp", "lp"}


@dataclass(frozen=True)
class Source:
    """One partner: its tables are rows by entity, PIRL columns by element number (`100`, `PIRL 100` or `pirl_100`)."""

    name: str
    kind: str
    sector: str | None
    tables: Mapping[str, Sequence[Row]]


def day(text: str | None) -> date | None:
    """A canonical date, `YYYY-MM-DD` or PIRL's `YYYYMMDD`."""
    return date.fromisoformat(text) if text else None


def sure_day(text: str | None) -> date:
    """A date that the data contract requires."""
    found = day(text)
    if found is None:
        raise ValueError("a required date is blank")
    return found


def flag(text: str | None) -> bool | None:
    """Y, N or unknown."""
    return {"Y": True, "N": False}.get(text or "")


def bit(text: str | None) -> bool | None:
    """PIRL's 1, 0 or unknown (9, blank)."""
    return {"1": True, "0": False}.get(text or "")


def element(row: Row, number: str) -> str | None:
    return row.get(number) or row.get(f"pirl_{number}") or row.get(f"PIRL {number}") or row.get(f"PIRL{number}") or None


def folded(name: str | None) -> str:
    text = unicodedata.normalize("NFKD", (name or "").casefold())
    return "".join(c for c in text if c.isalnum())


class Persons:
    """Who is one person: the same state id; or last name, birth date and SSN digits; or both names and birth date."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._parent: dict[str, str] = {}
        self._of_state_id: dict[str, str] = {}
        keys: dict[tuple[str, ...], str] = {}
        for source in sources:
            for row in source.tables.get("participants", ()):
                record = f"{source.name}/{row['participant_id']}"
                first, last = folded(row.get("first_name")), folded(row.get("last_name"))
                born = row.get("date_of_birth") or ""
                ssn = row.get("ssn_last4") or ""
                if row.get("caljobs_id"):
                    self._same(record, self._of_state_id.setdefault(str(row["caljobs_id"]), record))
                if len(set(ssn)) > 1:
                    self._same(record, keys.setdefault(("ssn", ssn, born, last), record))
                self._same(record, keys.setdefault(("name", first, last, born), record))
            for row in source.tables.get("pirl", ()):
                record = f"state id/{element(row, '100')}"
                self._same(record, self._of_state_id.setdefault(str(element(row, "100")), record))

    def _find(self, record: str) -> str:
        while self._parent.setdefault(record, record) != record:
            record = self._parent[record]
        return record

    def _same(self, one: str, other: str) -> None:
        low, high = sorted((self._find(one), self._find(other)))
        self._parent[high] = low

    def of_participant(self, source: str, participant_id: str | None) -> str | None:
        """The person of a source's participant; None where the source does not list that id."""
        record = f"{source}/{participant_id}"
        return self._find(record) if record in self._parent else None

    def of_state_id(self, state_id: str | None) -> str | None:
        """The person of a CalJOBS state id; None where no participant and no PIRL record carries it."""
        record = self._of_state_id.get(state_id or "")
        return self._find(record) if record else None


class GivenPersons(Persons):
    """Who is one person, as the linkage found it: random people contradict each other, and how it judges that is tested
    by itself."""

    def __init__(self, keys: Mapping[tuple[str, str, str], str]) -> None:
        """``keys``: source, kind and id of a record -> key of its person."""
        super().__init__(())
        self._participants = {(source, own): key for (source, kind, own), key in keys.items() if kind == "participant"}
        self._states = {own: key for (_, kind, own), key in keys.items() if kind == "caljobs"}

    def of_participant(self, source: str, participant_id: str | None) -> str | None:
        """See ``Persons``."""
        return self._participants.get((source, participant_id or ""))

    def of_state_id(self, state_id: str | None) -> str | None:
        """See ``Persons``."""
        return self._states.get(state_id or "")


class Organizations:
    """What one organisation is: its EIN where present, else the one EIN that bears its name, else its name."""

    def __init__(self, sources: Sequence[Source], aliases: Mapping[str, str]) -> None:
        self._aliases = {self._bare(alias): self._bare(name) for alias, name in aliases.items()}
        self._eins: defaultdict[str, set[str]] = defaultdict(set)
        for source in sources:
            for entity, named in NAMING.items():
                for row in source.tables.get(entity, ()):
                    if row.get(f"{named}_ein"):
                        self._eins[self.normal(row.get(f"{named}_name"))].add(str(row[f"{named}_ein"]))

    @staticmethod
    def _bare(name: str | None) -> str:
        decomposed = unicodedata.normalize("NFKD", (name or "").casefold())
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
        words = [word for word in re.sub(r"[^a-z0-9]+", " ", re.sub(r"[.']", "", text)).split() if word != "and"]
        while len(words) > 1 and words[-1] in LEGAL_SUFFIXES:
            words.pop()
        return " ".join(words)

    def normal(self, name: str | None) -> str:
        bare = self._bare(name)
        return self._aliases.get(bare, bare)

    def of(self, name: str | None, ein: str | None) -> str:
        bearing = self._eins.get(self.normal(name), set())
        return ein or (min(bearing) if len(bearing) == 1 else self.normal(name))
