"""Who was forgotten, without saying who: keyed tokens of their ids, and which file stands for which original.

``landing/.forgotten/``
    ``salt``              a secret of its own (0600); without it a token says nothing
    ``suppressed.jsonl``  tokens: later deliveries of these people are redacted before they are kept
    ``replaced.jsonl``    sha256 of an original -> sha256 of what stands for it
    ``log.jsonl``         the audit trail: when, who decided, why, how many files and rows
    ``plan``              a forgetting that has begun and must come to its end (see `hrtp.forget`)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from hrtp.errors import HrtpError
from hrtp.landing import sync_folder, write_atomically
from hrtp.redaction.finder import SuppressedPeople

FOLDER = ".forgotten"
_SALT_BYTES = 32


class Suppression:
    """The people of a deployment who were forgotten."""

    def __init__(self, landing: Path) -> None:
        """``landing`` is the zone; nothing is made before somebody is forgotten."""
        self.folder = landing / FOLDER
        self._known: dict[str, bool] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever forgotten here."""
        return not (self.folder / "suppressed.jsonl").exists()

    @property
    def plan(self) -> Path:
        """A forgetting that has begun; no such file where none has."""
        return self.folder / "plan"

    def make(self) -> None:
        """Make the folder and its salt."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if not (self.folder / "salt").exists():
            write_atomically(self.folder / "salt", secrets.token_hex(_SALT_BYTES).encode())

    def own_token(self, source: str, own_id: str) -> str:
        """Token of a partner's id of a person."""
        return self._token(f"participant\x1f{source}\x1f{own_id}")

    def state_token(self, state_id: str) -> str:
        """Token of a normalised state id."""
        return self._token(f"state\x1f{state_id}")

    def _token(self, text: str) -> str:
        return hmac.new(self._salt, text.encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _salt(self) -> bytes:
        return (self.folder / "salt").read_bytes().strip()

    @cached_property
    def _tokens(self) -> frozenset[str]:
        return frozenset(line["token"] for line in _lines(self.folder / "suppressed.jsonl"))

    def finder(self, source: str) -> SuppressedPeople:
        """Finds everyone who was forgotten, in files of ``source``."""
        return SuppressedPeople(
            lambda own: self._has(self.own_token(source, own)), lambda state: self._has(self.state_token(state))
        )

    def _has(self, token: str) -> bool:
        return token in self._tokens

    def has_own(self, source: str, own_id: str) -> bool:
        """Whether this id was forgotten."""
        return not self.is_empty and self._has(self.own_token(source, own_id))

    def has_state(self, state_id: str) -> bool:
        """Whether this normalised state id was forgotten."""
        return not self.is_empty and self._has(self.state_token(state_id))

    def add(self, tokens: Iterable[str], replaced: dict[str, str]) -> None:
        """Remember tokens and replacements; those that are known already are not written twice."""
        known = {} if self.is_empty else dict.fromkeys(self._tokens)
        _append(self.folder / "suppressed.jsonl", [{"token": t} for t in tokens if t not in known], always=True)
        standing = self.replaced
        new = [{"original": old, "stands": now} for old, now in replaced.items() if standing.get(old) != now]
        _append(self.folder / "replaced.jsonl", new)
        for name in ("_tokens", "replaced"):
            self.__dict__.pop(name, None)

    @cached_property
    def replaced(self) -> dict[str, str]:
        """What stands for an original, by its sha256."""
        return {line["original"]: line["stands"] for line in _lines(self.folder / "replaced.jsonl")}

    def successor(self, sha256: str) -> str | None:
        """What stands for an original now, also where it was redacted more than once."""
        now = None
        while sha256 in self.replaced and self.replaced[sha256] != sha256:
            now = sha256 = self.replaced[sha256]
        return now

    def log(self, entry: dict[str, object]) -> None:
        """Keep the fact; an entry whose ``id`` stands already is not written again."""
        if not any(line["id"] == entry["id"] for line in self.entries()):
            _append(self.folder / "log.jsonl", [entry])

    def entries(self) -> list[dict[str, Any]]:
        """The audit trail."""
        return _lines(self.folder / "log.jsonl")


class ForgetUnfinished(HrtpError):
    """A forgetting has begun and not ended; nothing may come in before it has."""

    code = "FORGET_UNFINISHED"


def refuse_unfinished(landing: Path) -> None:
    """Raise ForgetUnfinished where a forgetting was interrupted."""
    if Suppression(landing).plan.exists():
        raise ForgetUnfinished(
            "a `hrtp forget` was interrupted. Run it again, or `hrtp ingest SOURCE`, `hrtp build` or `hrtp nightly`: "
            "each brings it to its end first"
        )


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    # a line that a crash has cut was never spoken
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def _append(path: Path, lines: Sequence[Mapping[str, object]], *, always: bool = False) -> None:
    """Write the lines behind those that stand, as a whole: an append that a crash cuts would join two lines."""
    if not lines and (path.exists() or not always):
        return
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = before + "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    write_atomically(path, text.encode())


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of a download, which nobody may see before it is whole."""
    part = path.with_name(f"{path.name}.redacted")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)
    sync_folder(path.parent)
