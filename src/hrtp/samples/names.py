"""Invented people: who they are is fixed by (seed, block, slot) alone, so that any block can be made again.

Nobody is two people by accident: last name and birth date together are unique over all blocks, by arithmetic and not
by luck. The exceptions are planted (twins; namesakes with different birth dates).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta

from faker import Faker

from hrtp.samples.avoid import COMMON_WORDS
from hrtp.samples.errors import SamplesError

#: Numbers of persons in a block; some stay unused.
SLOTS_PER_BLOCK = 240

_FIRST_BIRTH = date(1962, 1, 1)
_BIRTH_DAYS = 16_000  # to October 2005: everyone is of age on the first day of training
_NAMESAKE_BIRTHS = (date(1950, 1, 1), date(1956, 1, 1))
_NAMESAKE_DAYS = 2_000
_STRIDE = 7_919  # a prime that does not divide _BIRTH_DAYS: slots that follow each other are born far apart
_LAST_NAMES = 500
_NAMESAKE_NAMES = 40
_DRAWS = 6_000
#: Social security numbers that the Social Security Administration set aside for advertisements.
ADVERTISING_SSNS = tuple(f"987-65-{last}" for last in range(4320, 4330))


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a person apart. ``ssn4`` may be ``0000``, which tells nothing. E-mail addresses are unique."""

    first: str
    last: str
    date_of_birth: date
    ssn4: str
    email: str
    phone: str


def fold(name: str) -> str:
    """Letters only, without accents and case."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[^a-z]", "", plain)


def without_accents(name: str) -> str:
    """The name as a system writes it that knows no accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def scatter(*numbers: int) -> int:
    """A well mixed 64-bit number from ``numbers`` (the finalizer of splitmix64), the same on every machine."""
    mixed = 0x9E3779B97F4A7C15
    for number in numbers:
        mixed = (mixed ^ (number & 0xFFFFFFFFFFFFFFFF)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        mixed ^= mixed >> 31
    return mixed


class NameBook:
    """Names drawn from Faker for one seed, and the identities made of them."""

    def __init__(self, seed: int) -> None:
        """Draw the names of ``seed``; takes about half a second."""
        self.seed = seed
        lasts = _draw(seed, ("en_US", "es_MX", "it_IT"), "last_name", 7)
        self.firsts = _draw(seed, ("en_US", "es_MX"), "first_name", 6)
        self.accented_firsts = [name for name in self.firsts if not name.isascii()]
        if len(lasts) < _LAST_NAMES + _NAMESAKE_NAMES or not self.accented_firsts:
            raise SamplesError("Faker knows too few names for samples; install the version that uv.lock names")
        self.lasts = lasts[:_LAST_NAMES]
        self._namesakes = lasts[_LAST_NAMES : _LAST_NAMES + _NAMESAKE_NAMES]

    def identity(self, block: int, slot: int, *, accented: bool = False) -> Identity:
        """The person of ``slot``; ``accented`` asks for a first name that bears an accent."""
        number = block * SLOTS_PER_BLOCK + slot
        birth = (number * _STRIDE + self.seed * 104_729) % _BIRTH_DAYS
        generation = number // _BIRTH_DAYS  # those born on one day are of different generations ...
        last = self.lasts[(scatter(self.seed, birth) + generation) % _LAST_NAMES]  # ... and so of different last names
        pool = self.accented_firsts if accented else self.firsts
        first = pool[scatter(self.seed, number, 1) % len(pool)]
        return self._complete(number, first, last, _FIRST_BIRTH + timedelta(days=birth))

    def twin(self, sibling: Identity, block: int, slot: int) -> Identity:
        """Same last name and birth date, another first name and another social security number."""
        number = block * SLOTS_PER_BLOCK + slot
        start = scatter(self.seed, number, 2)
        first = next(name for k in range(3) if (name := self.firsts[(start + k) % len(self.firsts)]) != sibling.first)
        twin = self._complete(number, first, sibling.last, sibling.date_of_birth)
        if twin.ssn4 == sibling.ssn4:
            twin = replace(twin, ssn4="2468" if sibling.ssn4 != "2468" else "1357")
        return twin

    def namesakes(self, block: int, slots: tuple[int, int]) -> tuple[Identity, Identity]:
        """Two people of one name, born years apart."""
        shift = block + block // _NAMESAKE_DAYS
        last = self._namesakes[shift % _NAMESAKE_NAMES]
        first = self.firsts[scatter(self.seed, block, 3) % len(self.firsts)]
        day = timedelta(days=block % _NAMESAKE_DAYS)
        older, younger = (
            self._complete(block * SLOTS_PER_BLOCK + slot, first, last, born + day)
            for slot, born in zip(slots, _NAMESAKE_BIRTHS, strict=True)
        )
        return older, younger

    def nickname(self, identity: Identity, block: int, slot: int) -> str:
        """Another first name for the same person."""
        start = scatter(self.seed, block, slot, 4)
        return next(n for k in range(3) if (n := self.firsts[(start + k) % len(self.firsts)]) != identity.first)

    def other_last(self, block: int, slot: int) -> str:
        """A second last name, to make a double one."""
        return self.lasts[scatter(self.seed, block, slot, 5) % _LAST_NAMES]

    def _complete(self, number: int, first: str, last: str, born: date) -> Identity:
        tail = scatter(self.seed, number, 6) % 9_999 + 1
        ssn4 = f"{tail:04d}"
        if len(set(ssn4)) == 1:  # 1111 and the like are written for "unknown"
            ssn4 = f"{tail - 1:04d}"
        email = f"{fold(first)}.{fold(last)}.{number}@example.org"
        phone = f"({(213, 310, 323, 562, 626, 818)[number % 6]}) 555-01{scatter(self.seed, number, 7) % 100:02d}"
        return Identity(first, last, born, ssn4, email, phone)


def _draw(seed: int, locales: tuple[str, ...], kind: str, shortest: int) -> list[str]:
    """Distinct single-word names in the order drawn; none is a word that stands in programs or documents."""
    sources = [Faker(locale) for locale in locales]
    for number, source in enumerate(sources):
        source.seed_instance(seed * 31 + number)
    names: dict[str, str] = {}
    for draw in range(_DRAWS):
        name = str(getattr(sources[draw % len(sources)], kind)())
        key = fold(name)
        if len(key) >= shortest and name.replace("'", "").isalpha() and key not in COMMON_WORDS and _fits(name):
            names.setdefault(key, unicodedata.normalize("NFC", name))
    return list(names.values())


def _fits(name: str) -> bool:
    """Whether every partner's encoding can write the name."""
    try:
        name.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
