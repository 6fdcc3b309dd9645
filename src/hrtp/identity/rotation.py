"""Another secret under the same people: decided in one instant, and known from then on which one is in force."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hrtp.errors import SettingsError
from hrtp.identity.keys import FINGERPRINT, MIN_BYTES, PersonKey, check_length, load_person_key
from hrtp.landing import sync_folder, write_atomically
from hrtp.settings import Settings
from hrtp.steps import step

_PLAN = "person_key.rotation"


@dataclass(frozen=True)
class Rotation:
    """A rotation that has begun: which key goes, which comes, and the day of the figures that are built anew."""

    old: str
    new: str
    as_of: date


def pending(settings: Settings) -> Rotation | None:
    """The rotation that has begun and not ended, if any."""
    path = settings.identity / _PLAN
    if not path.exists():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    return Rotation(document["old"], document["new"], date.fromisoformat(document["as_of"]))


def begin(settings: Settings, as_of: date) -> Rotation:
    """Settle which secret comes, and write down that it will.

    Raises:
        SettingsError: where the old key is not the one in force, or the new one is missing, short, or the old one.
    """
    old = load_person_key(settings)
    new = _new_key(settings)
    if new.fingerprint == old.fingerprint:
        raise SettingsError("HRTP_PERSON_KEY_NEW is the key in force; make another one with `openssl rand -hex 32`")
    rotation = Rotation(old.fingerprint, new.fingerprint, as_of)
    document = {"old": rotation.old, "new": rotation.new, "as_of": as_of.isoformat()}
    write_atomically(settings.identity / _PLAN, json.dumps(document).encode(), 0o600)
    step("rotation.planned")
    return rotation


def _new_key(settings: Settings) -> PersonKey:
    if settings.person_key is not None:
        if settings.person_key_new is None:
            raise SettingsError(
                "HRTP_PERSON_KEY_NEW is not set; make a key with `openssl rand -hex 32`, set it there, keep the old "
                "one in HRTP_PERSON_KEY, and run this again"
            )
        secret = settings.person_key_new.get_secret_value().encode()
        check_length(secret, "HRTP_PERSON_KEY_NEW")
        return PersonKey(secret)
    ready = _ready(settings)
    if not ready.exists():
        write_atomically(ready, secrets.token_hex(MIN_BYTES).encode() + b"\n", 0o600)
    return PersonKey(ready.read_bytes().strip())


def switch(settings: Settings, rotation: Rotation) -> None:
    """Put the new secret in force; the fingerprint is the instant at which it is."""
    write_atomically(settings.identity / FINGERPRINT, rotation.new.encode(), 0o600)
    step("rotation.switched")
    if _ready(settings).exists():
        os.replace(_ready(settings), settings.identity / "person_key")
        sync_folder(settings.identity)
    step("rotation.key_in_place")


def end(settings: Settings) -> None:
    """All figures are made with the new key, and none with the old one are left."""
    (settings.identity / _PLAN).unlink()
    sync_folder(settings.identity)


def _ready(settings: Settings) -> Path:
    return settings.identity / "person_key.new"
