"""Synthetic people whose names, numbers and dates stand for nobody else, so that one hit anywhere is a leak."""

from __future__ import annotations

from dataclasses import dataclass

from tests.canary import Needles

#: Stands in every name and address of a canary, and in no word of any language or library.
STEM = "zwyqk"


@dataclass(frozen=True)
class Canary:
    """One person; ``born`` is ISO, ``ssn`` has nine digits."""

    first: str
    last: str
    born: str
    ssn: str
    state_id: str
    phone: str
    own: str

    @property
    def email(self) -> str:
        return f"{self.first}.{self.last}@example.org".lower()

    @property
    def ssn4(self) -> str:
        return self.ssn[-4:]

    @property
    def dashed_ssn(self) -> str:
        return f"{self.ssn[:3]}-{self.ssn[3:5]}-{self.ssn[5:]}"

    def row(self, own: str | None = None, **changes: str) -> str:
        """Their line in a participants export of `HEADER`."""
        values = {
            "participant_id": own or self.own,
            "first_name": self.first,
            "last_name": self.last,
            "date_of_birth": self.born,
            "ssn_last4": self.ssn4,
            "caljobs_id": self.state_id,
            "email": self.email,
            "phone": self.phone,
            "zip": "90011",
        } | changes
        return ",".join(values[name] for name in HEADER.split(","))


HEADER = "participant_id,first_name,last_name,date_of_birth,ssn_last4,caljobs_id,email,phone,zip"


def canary(number: int) -> Canary:
    """The person of that number; two numbers share nothing but the stem."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:02d}")
    return Canary(
        first=f"Mira{letters}{STEM}",
        last=f"Tolm{letters}{STEM}",
        born=f"19{61 + number % 38}-0{1 + number % 9}-{11 + number % 17}",
        ssn=f"52{number % 10}71{4200 + number * 7}",
        state_id=f"2977{number:02d}31{number:02d}8",
        phone=f"(213) 555-{7301 + number * 3}",
        own=f"CN{number:04d}QX",
    )


def needles(*people: Canary, **more: str) -> Needles:
    """Everything that may not be found. Names and addresses share the stem, so one needle looks for them all.

    The last four digits alone say nothing among millions of digits; nobody's last four stand in a file without a name.
    """
    strings = {"stem": STEM, **more}
    for number, person in enumerate(people):
        year, month, day = person.born.split("-")
        strings |= {
            f"phone {number}": person.phone,
            f"ssn {number}": person.ssn,
            f"state id {number}": person.state_id,
            f"born {number}": person.born,
            f"born us {number}": f"{month}/{day}/{year}",
        }
    return Needles(strings)
