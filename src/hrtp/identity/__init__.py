"""Which records are one person. The last place where names exist; nothing but keys leaves it."""

from hrtp.identity.files import CHANGES_FILE
from hrtp.identity.keys import PersonKey, load_person_key
from hrtp.identity.resolve import FIRST_DAYS, resolve

__all__ = ["CHANGES_FILE", "FIRST_DAYS", "PersonKey", "load_person_key", "resolve"]
