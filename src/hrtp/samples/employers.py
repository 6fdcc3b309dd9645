"""Invented employers: names of places and trades, never of persons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hrtp.samples.names import scatter
from hrtp.samples.rows import SECTORS

_PLACES = (
    "Harbor", "Canyon", "Mesa", "Palisade", "Arroyo", "Bayside", "Foothill", "Westline", "Sunridge", "Lomita",
    "Breakwater", "Overlook", "Redwood", "Cypress", "Marina", "Ridgeway", "Eastgate", "Granite", "Vista", "Coastal",
)  # fmt: skip
_TRADES = {
    "construction": ("Concrete", "Steel Works", "Electric", "Builders", "Plumbing"),
    "healthcare": ("Medical Group", "Care Center", "Clinic", "Home Health", "Hospital"),
    "technology": ("Systems", "Cloud Services", "Data Works", "Networks", "Software"),
    "early_care_education": (
        "Preschool",
        "Child Development Center",
        "Early Learning",
        "Nursery School",
        "Head Start",
    ),
    "aerospace": ("Avionics", "Propulsion", "Composites", "Aerostructures", "Machining"),
    "creative_economy": ("Studios", "Post Production", "Stagecraft", "Animation", "Sound Stages"),
}
_SUFFIXES = (", Inc.", " LLC", " Corp.", "")
EMPLOYERS_PER_SECTOR = 20


@dataclass(frozen=True, slots=True)
class Employer:
    """An organisation: one by its EIN, where it has one, else by its normalised name."""

    name: str
    ein: str | None


@lru_cache(maxsize=64)
def employers_of(seed: int, sector: str) -> tuple[Employer, ...]:
    """Twenty employers of a sector; every third has no EIN on record. No two share a name or an EIN."""
    trades = _TRADES[sector]
    made = []
    for k in range(EMPLOYERS_PER_SECTOR):
        place = _PLACES[(k + scatter(seed, 11)) % len(_PLACES)]
        trade = trades[(k + scatter(seed, 12)) % len(trades)]
        ein = None if k % 3 == 2 else f"95-{SECTORS.index(sector) * 100_000 + k * 1_009 + seed % 997:07d}"
        made.append(Employer(f"{place} {trade}{_SUFFIXES[k % len(_SUFFIXES)]}", ein))
    return tuple(made)
