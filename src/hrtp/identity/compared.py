"""The fields in which records are compared, and a digest of what two of them say, for a decision to be held against."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping

from hrtp.identity.match import normalise_id, normalise_name

#: In the order in which a steward reads them.
COMPARED = (
    "first_name",
    "last_name",
    "date_of_birth",
    "ssn_last4",
    "caljobs_id",
    "email",
    "phone",
    "zip",
    "gender",
)
_NAMES = {"first_name", "last_name"}


def seen_digest(left: Mapping[str, str | None], right: Mapping[str, str | None]) -> str:
    """Hex SHA-256 of what both records say, normalised: another accent or case is no change, another digit is one."""
    said = [[_normal(field, record.get(field)) for field in COMPARED] for record in (left, right)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _normal(field: str, value: str | None) -> str | None:
    if field in _NAMES:
        return normalise_name(value)
    if field == "caljobs_id" or value is None:
        return normalise_id(value)
    return "".join(c for c in unicodedata.normalize("NFKC", value).casefold() if c.isalnum()) or None
