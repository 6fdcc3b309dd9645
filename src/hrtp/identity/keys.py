"""The pseudonym secret: without it a person_key says nothing, with another one everybody would count twice."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass

from hrtp.errors import SettingsError
from hrtp.landing import write_atomically
from hrtp.settings import Settings
from hrtp.steps import step

log = logging.getLogger("hrtp.identity")

MIN_BYTES = 32
FINGERPRINT = "person_key.fingerprint"


@dataclass(frozen=True)
class PersonKey:
    """The secret; its repr shows nothing."""

    secret: bytes

    def __repr__(self) -> str:
        return "PersonKey(***)"

    def of(self, anchor: str) -> str:
        """``person_key`` of the person whose anchor record is ``anchor``: HMAC-SHA256, 64 hex digits."""
        return hmac.new(self.secret, anchor.encode(), hashlib.sha256).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Tells two secrets apart without giving either away."""
        return self.of("hrtp person key fingerprint")[:16]


def load_person_key(settings: Settings) -> PersonKey:
    """The secret from ``HRTP_PERSON_KEY``, else the embedded one, made on the first run and said so.

    Raises:
        SettingsError: where it is too short, or is not the one that earlier figures were made with.
    """
    settings.make_zones()
    embedded, known = settings.identity / "person_key", settings.identity / FINGERPRINT
    if settings.person_key is not None:
        secret = settings.person_key.get_secret_value().encode()
    elif embedded.exists():
        secret = embedded.read_bytes().strip()
    elif known.exists():
        raise SettingsError("HRTP_PERSON_KEY is not set, but earlier figures were made with one; set it again")
    else:
        secret = secrets.token_hex(MIN_BYTES).encode()
        write_atomically(embedded, secret + b"\n", 0o600)
        step("identity.person_key_made")
        log.warning("made a new person key in %s; back it up, figures cannot be continued without it", embedded)
    check_length(secret, "HRTP_PERSON_KEY")
    key = PersonKey(secret)
    if not known.exists():
        write_atomically(known, key.fingerprint.encode(), 0o600)
    elif known.read_text().strip() != key.fingerprint:
        coming = _coming(settings)
        if coming is not None and coming.fingerprint == known.read_text().strip():
            return coming
        raise SettingsError(
            "HRTP_PERSON_KEY is not the key that earlier figures were made with: everyone would count twice. "
            "Set the right key; where it was rotated, that is the new one (docs/runbooks/keys.md)"
        )
    return key


def _coming(settings: Settings) -> PersonKey | None:
    """The key of a rotation that was cut between its two files, or whose operator has not moved the new one yet."""
    ready = settings.identity / "person_key.new"
    if settings.person_key_new is not None:
        return PersonKey(settings.person_key_new.get_secret_value().encode())
    return PersonKey(ready.read_bytes().strip()) if settings.person_key is None and ready.exists() else None


def check_length(secret: bytes, name: str) -> None:
    """Raise SettingsError where the secret is too short to be one."""
    if len(secret) < MIN_BYTES:
        raise SettingsError(f"{name} is shorter than {MIN_BYTES} bytes; make one with `openssl rand -hex 32`")
