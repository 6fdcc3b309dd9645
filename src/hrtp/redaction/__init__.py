"""Taking one person out of a partner's bytes: everybody else's rows keep their bytes, their numbers and their order."""

from hrtp.redaction.arrival import redact_on_arrival
from hrtp.redaction.engine import Redacted, redact, texts_of
from hrtp.redaction.finder import Finder, KnownPerson, Row, SuppressedPeople
from hrtp.redaction.suppression import ForgetUnfinished, Suppression, refuse_unfinished

__all__ = [
    "Finder",
    "ForgetUnfinished",
    "KnownPerson",
    "Redacted",
    "Row",
    "SuppressedPeople",
    "Suppression",
    "redact",
    "redact_on_arrival",
    "refuse_unfinished",
    "texts_of",
]
