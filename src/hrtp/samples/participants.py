"""How each partner that knows a person writes that person down: one of three rules joins the records."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

from hrtp.samples.block import Block
from hrtp.samples.names import Identity, without_accents
from hrtp.samples.people import Person
from hrtp.samples.rows import AJCCS, AS_OF, DELTA_SECTORS, SECTORS, Values, iso

#: Partners learn of a person some weeks before the first day of training.
_KNOWN_BEFORE = timedelta(days=40)


def add_participants(block: Block, person: Person) -> None:
    """One row at every partner that has an id for the person (two at one that registered the person twice)."""
    since = person.start - _KNOWN_BEFORE
    slot = person.slot
    for source, participant in person.ids.items():
        sector = source.removesuffix(" again")
        if sector in AJCCS:
            values = _at_job_center(block, person, sector)
        elif sector == slot.second_sector:
            values = _at_second_intermediary(block, person, sector)
        else:
            values = _at_intermediary(block, person)
        values["participant_id"] = participant
        before = None
        if sector in DELTA_SECTORS and slot.number % 5 == 0:
            # a new telephone number, which the last file of the feed brings
            before = (AS_OF, values | {"phone": "(213) 555-0100"})
        block.add(sector, "participants", values, since, before=before)


def participant_values(identity: Identity, code: str | None = None) -> Values:
    """A person on paper, with nothing but who they are."""
    return {
        "first_name": identity.first,
        "last_name": identity.last,
        "date_of_birth": iso(identity.date_of_birth),
        "ssn_last4": identity.ssn4,
        "email": identity.email,
        "phone": identity.phone,
        "zip": code,
    }


def ghost(block: Block, source: str, slot: int, born: date | None = None) -> tuple[str, Values]:
    """A participant of ``source`` outside the enrolled 213: the id and the values; nothing is added."""
    participant = block.new_id(source, "participants")
    values = participant_values(block.identities[slot], block.places.priority_zips[0])
    values |= {"participant_id": participant, "homeless": "Y" if source in SECTORS else None}
    if born is not None:
        values["date_of_birth"] = iso(born)
    return participant, values


def _full(person: Person) -> Values:
    values = participant_values(person.identity, person.zip)
    values |= {
        "census_tract": person.tract,
        "gender": person.gender,
        "race": person.race,
        "hispanic": person.hispanic,
        "employment_status_at_entry": person.employment,
    }
    return values | person.flags


def _at_intermediary(block: Block, person: Person) -> Values:
    values = _full(person)
    match person.slot.match:
        case "caljobs_id":
            values |= {"caljobs_id": person.caljobs_id, "ssn_last4": None}
        case "name":
            values["ssn_last4"] = None
    return values


def _at_second_intermediary(block: Block, person: Person, sector: str) -> Values:
    values = _full(person)
    values |= {
        "systems_involved": None,
        "systems_impacted": None,
        "homeless": None,
        "foster_youth": None,
        "email": None,
    }
    if person.slot.match == "ssn_last4":
        values["first_name"] = block.book.nickname(person.identity, block.number, person.slot.number)
        return values
    values["ssn_last4"] = None  # by name and birth date alone, written another way
    if sector in ("technology", "construction"):
        values["first_name"] = unicodedata.normalize("NFD", person.identity.first)
        values["last_name"] = person.identity.last.upper()
    else:
        values["first_name"] = without_accents(person.identity.first).lower()
    return values


def _at_job_center(block: Block, person: Person, source: str) -> Values:
    identity, slot = person.identity, person.slot
    values = _full(person) | {"caljobs_id": person.caljobs_id}
    values["gender"] = person.gender if person.gender != "nonbinary" else None  # CalJOBS does not know it
    match slot.match:
        case "caljobs_id":
            other = block.book.other_last(block.number, slot.number)
            values["last_name"] = f"{identity.last}-{other}"
            values["first_name"] = block.book.nickname(identity, block.number, slot.number)
        case "ssn_last4":
            values["first_name"] = block.book.nickname(identity, block.number, slot.number)
            values["last_name"] = without_accents(identity.last).upper()
        case "name":
            values["first_name"] = without_accents(identity.first).upper()
            values["last_name"] = f" {without_accents(identity.last).upper()} "
    if source != slot.ajcc:
        values["first_name"] = identity.first
    return values
