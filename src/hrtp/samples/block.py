"""One block of the samples while it is made: its persons, its rows, its ids, its chance."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import date

from hrtp.samples.blueprint import blueprint
from hrtp.samples.employers import Employer, employers_of
from hrtp.samples.names import NameBook, scatter
from hrtp.samples.people import Person, identities, make_person
from hrtp.samples.places import Places
from hrtp.samples.rows import Row, Values

_IDS_PER_BLOCK = 1_000
_LETTERS = {
    "participants": "P",
    "enrollments": "E",
    "services": "S",
    "placements": "J",
    "programs": "G",
    "partners": "O",
    "employer_partnerships": "R",
    "caljobs_activities": "A",
}
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def record_id(seed: int, source: str, entity: str, number: int) -> str:
    """The ``number``-th id of an entity, in the partner's own style; unique within the source."""
    letter = _LETTERS[entity]
    match source:
        case "construction":
            return f"CON-{letter}-{number:07d}"
        case "healthcare":
            return f"{number:08d}"  # leading zeros that a careless reader loses
        case "technology":
            high = scatter(seed, ord(letter), number)
            return str(uuid.UUID(int=(high << 64) | (number << 8) | ord(letter)))
        case "early_care_education":
            return f"{letter}/{number // 1000 + 1}/{number % 1000:03d}"
        case "aerospace":
            return f"aero.{letter.lower()}.{_base36(number)}"
        case "creative_economy":
            return f"CE#{letter}{number}"
        case "ajcc_la_county":
            return f"LA{letter}{number:09d}"
        case _:
            return f"sb_{letter.lower()}_{number}"


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
        if number == 0:
            return digits


class Block:
    """Persons and rows of block ``number``; the same for the same seed, whatever was made before."""

    def __init__(self, book: NameBook, places: Places, number: int) -> None:
        self.book, self.places, self.number, self.seed = book, places, number, book.seed
        self.rng = random.Random(f"hrtp samples {book.seed} {number}")  # noqa: S311 - samples, not secrets
        self.rows: list[Row] = []
        self._ids: Counter[tuple[str, str]] = Counter()
        self.identities = dict(identities(book, number))
        self.people = [
            make_person(slot, self.identities[slot.number], self.rng, places, book.seed, number) for slot in blueprint()
        ]

    def new_id(self, source: str, entity: str) -> str:
        """The next id of the entity at that source.

        Raises:
            ValueError: the block has more rows of an entity than ids are set aside for.
        """
        used = self._ids[source, entity]
        if used >= _IDS_PER_BLOCK:
            raise ValueError(f"a block has more than {_IDS_PER_BLOCK} {entity} of one source")
        self._ids[source, entity] += 1
        return record_id(self.seed, source, entity, self.number * _IDS_PER_BLOCK + used + 1)

    def add(self, source: str, entity: str, values: Values, since: date, **more: object) -> None:
        """Add a row; ``more`` are further fields of :class:`Row`."""
        self.rows.append(Row(source, entity, values, since, **more))  # type: ignore[arg-type]

    def participant_id(self, person: Person, source: str) -> str:
        """The id by which ``source`` knows ``person``; made when first asked for."""
        if source not in person.ids:
            person.ids[source] = self.new_id(source, "participants")
        return person.ids[source]

    def employer(self, sector: str) -> Employer:
        """Somebody who hires in the sector."""
        return self.rng.choice(employers_of(self.seed, sector))
