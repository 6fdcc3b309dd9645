"""Whose row is this? Two answers: by all that is known of one person, or by the tokens of those who were forgotten."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from hrtp.identity.match import normalise_id, normalise_name
from hrtp.reading.table import fold, visible

#: Columns that say whose row it is: the partner's own id, and the state's.
OWN_ID = "participant_id"
STATE_IDS = ("caljobs_id", "pirl_100")
_TOKEN = re.compile(r"[^\s,;|\"'<>]+")
_WORD = re.compile(r"\w+")
#: Shorter strings stand in too many files to say anything about one person.
_TELLING = 5


@dataclass(frozen=True)
class Row:
    """One record of a file: ``values`` by contract column where the header is known and the row has its width."""

    values: Mapping[str, str]
    cells: Sequence[str]
    has_person: bool = True

    def own_id(self) -> str | None:
        """The partner's id of the person, as the loader reads it."""
        return clean_id(self.values.get(OWN_ID))

    def state_ids(self) -> list[str]:
        """State ids, for comparing."""
        found = (normalise_id(clean_id(self.values.get(column))) for column in STATE_IDS)
        return [value for value in found if value is not None]


class Finder(Protocol):
    """Finds a person in rows, and in text whose rows nobody can tell apart."""

    def is_theirs(self, row: Row) -> bool:
        """Whether the row is to be blanked."""
        ...

    def in_text(self, text: str) -> bool:
        """Whether the person stands somewhere in ``text``."""
        ...

    def strings(self) -> set[str]:
        """Strings that are to go from a workbook's comments and caches, beyond those of the rows found."""
        ...


def clean_id(cell: str | None) -> str | None:
    """An id cell as the reader takes it: NFKC, trimmed, without invisible characters; None where blank."""
    if cell is None:
        return None
    return unicodedata.normalize("NFKC", visible(cell)).strip() or None


def is_like_no_number(text: str) -> bool:
    """Whether an id that looks like this cannot be taken for a ZIP, a date or an amount in another column."""
    return any(c.isalpha() for c in text) and any(c.isdecimal() for c in text)


@dataclass
class Strings:
    """What may stand in a file of one person: as short as the files have it, folded for comparing."""

    firsts: set[str] = field(default_factory=set)
    lasts: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def learn(self, row: Mapping[str, str | None]) -> None:
        """Take the strings of a row of theirs, by contract column."""
        for kind, column in (
            (self.firsts, "first_name"),
            (self.lasts, "last_name"),
            (self.emails, "email"),
            (self.phones, "phone"),
        ):
            if text := row.get(column):
                kind.add(fold(text))
        for column in (OWN_ID, *STATE_IDS):
            if text := clean_id(row.get(column)):
                self.ids.add(text)
        for column in ("date_of_birth", "pirl_200"):
            if text := row.get(column):
                self.births |= spellings(text)

    def all(self) -> set[str]:
        """Every string that alone is theirs, or that nobody misses in a comment or a cache of a workbook."""
        found = self.firsts | self.lasts | self.births | self.emails | self.phones | self.ids
        return {text for text in found if len(text) > 1}

    def telling(self) -> set[str]:
        """Strings that tell this person from all others."""
        found = self.emails | self.phones | {text.casefold() for text in self.ids}
        return {text for text in found if len(text) >= _TELLING}


def spellings(text: str) -> set[str]:
    """The usual ways to write a birth date, and ``text`` itself."""
    found = {fold(text)}
    match = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})(?:[ T].*)?", text.strip())
    if match is not None:
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return found
        slashed = f"{day.month}/{day.day}/{day.year}"
        found |= {day.isoformat(), f"{day:%Y%m%d}", f"{day:%m/%d/%Y}", slashed, f"{day:%d-%b-%Y}".casefold()}
    return found


class KnownPerson:
    """One person, by all ids and strings that the landed files hold of them."""

    def __init__(
        self,
        own_ids: Iterable[str],
        state_ids: Iterable[str],
        strings: Strings,
        is_somebody_else: Callable[[Row], bool] = lambda row: False,
        spared: Iterable[str] = (),
    ) -> None:
        """``own_ids`` are those of the source whose files are looked through; ``state_ids`` are normalised.

        ``spared`` are ids of people who share a state id with this one, and of whom somebody has said that they are
        another person: what carries such an id is theirs.
        """
        self._own = frozenset(own_ids)
        self._state = frozenset(state_ids)
        self._strings = strings
        self._is_somebody_else = is_somebody_else
        self._spared = frozenset(spared)
        whole = sorted(map(re.escape, strings.telling()), key=len, reverse=True)
        self._telling = re.compile(rf"(?<!\w)(?:{'|'.join(whole)})(?!\w)") if whole else None

    def is_theirs(self, row: Row) -> bool:
        """By id; a row that no other known person's id claims, also by what stands in any cell of it."""
        own = row.own_id()
        if own in self._spared:
            return False
        if own in self._own or any(state in self._state for state in row.state_ids()):
            return True
        if not row.has_person or self._is_somebody_else(row):
            return False
        cells = {fold(cell) for cell in row.cells if cell and not cell.isspace()}
        ids = {clean_id(cell) for cell in row.cells if own is None or is_like_no_number(cell)}
        return bool(
            ids & self._own
            or {normalise_id(cell) for cell in cells} & self._state
            or cells & (self._strings.emails | self._strings.phones)
            or self._is_named(cells)
        )

    def _is_named(self, cells: set[str]) -> bool:
        return bool(cells & self._strings.firsts and cells & self._strings.lasts and cells & self._strings.births)

    def in_text(self, text: str) -> bool:
        """By a telling string, or by both names in one line."""
        folded = text.casefold()
        if self._telling is not None and self._telling.search(folded):
            return True
        if not any(last in folded for last in self._strings.lasts):
            return False
        for line in re.split(r"[\r\n]", folded):
            words = set(_WORD.findall(line))
            if words & self._strings.lasts and words & self._strings.firsts:
                return True
        return False

    def strings(self) -> set[str]:
        """All that is known of them."""
        return self._strings.all()


class SuppressedPeople:
    """Everyone who was forgotten, by keyed tokens of their ids: nothing here says who they are."""

    def __init__(self, has_own: Callable[[str], bool], has_state: Callable[[str], bool]) -> None:
        self._has_own = has_own
        self._has_state = has_state

    def is_theirs(self, row: Row) -> bool:
        """By id; by any cell where the row has none, or its cells stand in no certain column."""
        own, states = row.own_id(), row.state_ids()
        if (own is not None and self._has_own(own)) or any(map(self._has_state, states)):
            return True
        is_loose = own is None and not states
        return row.has_person and any(self._is_id(cell) for cell in row.cells if is_loose or is_like_no_number(cell))

    def in_text(self, text: str) -> bool:
        """By any word."""
        words = set(_TOKEN.findall(text)) | set(_WORD.findall(text))
        return any(map(self._is_id, words))

    def strings(self) -> set[str]:
        """None: the tokens do not say."""
        return set()

    def _is_id(self, text: str) -> bool:
        value = clean_id(text)
        if value is None:
            return False
        state = normalise_id(value)
        return self._has_own(value) or (state is not None and self._has_state(state))


def strong_keys(row: Mapping[str, str | None]) -> set[tuple[str, ...]]:
    """The keys under which identity takes two records for one person, but for the state id."""
    first, last = normalise_name(row.get("first_name")), normalise_name(row.get("last_name"))
    born, ssn = row.get("date_of_birth"), row.get("ssn_last4")
    found: set[tuple[str, ...]] = set()
    if first and last and born:
        found.add(("name", first, last, born))
    if last and born and ssn and len(set(ssn)) > 1:
        found.add(("ssn", ssn, born, last))
    return found
