"""Pages that would come out the same are kept: what they were made of is noted beside them, with what came of it.

The pages are a pure function of the facts of a night, of whether the documentation stands beside them, and of the code
and libraries that draw them. The facts hold the day, how fresh each source is and the content id of the marts, so a new
day, a source that falls behind or a new release make new pages. What is kept is compared by its digests first: a page
that was damaged is made again.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import hrtp
from hrtp.landing import write_atomically
from hrtp.page.facts import Facts

#: Below the staff's folder: the public one holds what the public reads.
NOTE = ".made_of.json"
#: What draws and writes a page.
_LIBRARIES = ("babel", "jinja2", "markupsafe", "vl-convert-python")
_CODE = {".py", ".html", ".css", ".po"}


def made_of(facts: Facts, *, has_docs: bool) -> str:
    """Digest of everything that decides what the pages say."""
    digest = hashlib.sha256(repr((facts, has_docs, platform.python_version())).encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    # all of the product: which of its rooms have a say in a page is nothing to keep a list of
    root = Path(hrtp.__file__).parent
    for path in sorted(path for path in root.rglob("*") if path.suffix in _CODE):
        digest.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def kept(note: Path, recipe: str, places: Mapping[str, Path]) -> dict[str, bytes] | None:
    """The pages as they stand, by the names of ``places``; None where anything else was or is to be made of them.

    Args:
        note: where `keep` has written.
        recipe: what the pages are to be made of now, see `made_of`.
        places: where each page stands.
    """
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        pages = {name: place.read_bytes() for name, place in places.items()}
    except (OSError, ValueError):
        return None
    return pages if noted == _note(recipe, pages) else None


def keep(note: Path, recipe: str, pages: Mapping[str, bytes]) -> None:
    """Note what the pages, which are in place, were made of."""
    text = json.dumps(_note(recipe, pages), indent=1).encode()
    if not note.is_file() or note.read_bytes() != text:
        write_atomically(note, text, 0o640)


def _note(recipe: str, pages: Mapping[str, bytes]) -> dict[str, object]:
    return {"made_of": recipe, "pages": {name: hashlib.sha256(page).hexdigest() for name, page in pages.items()}}
