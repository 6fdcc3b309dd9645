"""What the generator hands to the writers: rows in canonical words, and what the loader ought to do with each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

#: The day of the acceptance figures, and the day that the newest sample exports run through.
AS_OF = date(2026, 9, 30)

SECTORS = (
    "construction",
    "healthcare",
    "technology",
    "early_care_education",
    "aerospace",
    "creative_economy",
)
AJCCS = ("ajcc_la_county", "ajcc_south_bay")
OFFICE = "deo_program_office"

#: Sectors whose people have changes to tell, for the feed is a delta by its source file.
DELTA_SECTORS = frozenset({"creative_economy"})
#: Days through which each file of a delta feed runs.
DELTA_DATES = (date(2026, 3, 31), date(2026, 6, 30), date(2026, 8, 31), AS_OF)
#: An earlier full export that the newest one replaces.
EARLIER_FULL = {"construction": date(2026, 8, 31)}

Values = dict[str, str | None]


class Fate(StrEnum):
    """What the loader does with a row."""

    LOADED = "loaded"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    BLANK = "blank"


class Damage(StrEnum):
    """How a row is broken in the writing itself and not in a value."""

    NONE = ""
    SHORT = "short"  # one field is missing at the end
    HEADER = "header"  # the header once more


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one entity, in canonical words: dates ``YYYY-MM-DD``, flags Y/N, codes as in the contract.

    ``since`` is the day from which the partner knows of it (a file that runs through an earlier day lacks it).
    ``before`` replaces ``values`` in files that run through a day before its date: what was later corrected.
    ``only`` pins the row to the file that runs through that day. ``rule_id`` and ``column`` say why it is bad.
    """

    source: str
    entity: str
    values: Values
    since: date
    fate: Fate = Fate.LOADED
    rule_id: str | None = None
    column: str | None = None
    damage: Damage = Damage.NONE
    before: tuple[date, Values] | None = None
    only: date | None = None


def iso(day: date | None) -> str | None:
    """A day as the contract writes it."""
    return None if day is None else day.isoformat()
