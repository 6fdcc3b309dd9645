"""Which files are made up: a list of their digests that lies beside sample exports.

A figure that rests on such a file must be said to be synthetic wherever the public reads it. The list has the form of
``sha256sum``, so that anybody can check it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hrtp.landing import write_atomically

SYNTHETIC_FILE = "SYNTHETIC.txt"
_HEAD = "# Synthetic sample exports of hrtp: no person and no organisation in them is real."


def write_synthetic_list(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Say in ``folder`` that these files, pairs of sha256 and path below it, are synthetic."""
    lines = [_HEAD, *(f"{digest}  {path}" for digest, path in files)]
    write_atomically(folder / SYNTHETIC_FILE, ("\n".join(lines) + "\n").encode(), 0o644)


def synthetic_digests(folders: Iterable[Path]) -> set[str]:
    """The sha256 of every file that the lists of these folders name; a folder without a list adds none."""
    found: set[str] = set()
    for folder in folders:
        path = folder / SYNTHETIC_FILE
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            found |= {line.split("  ", 1)[0] for line in lines if not line.startswith("#")}
    return found
