"""Writing the pages: both languages of one night are put in place by the replacement of one link, or not at all.

``published/site/index.html`` and ``published/site/es`` are links through ``published/site/.pages/current`` into
``published/site/.pages/<digest>/``, as everything that is published is; the staff's pages stand below ``staff`` alike.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hrtp.errors import HrtpError, no_values_in_errors
from hrtp.landing import sync_folder, write_atomically
from hrtp.lineage import observed
from hrtp.locks import exclusive
from hrtp.marts import MartsOutdated
from hrtp.page.downloads import as_csv, as_json, data_link
from hrtp.page.facts import Facts, for_the_public
from hrtp.page.kept import NOTE, keep, kept, made_of
from hrtp.page.read import READS, read_facts
from hrtp.page.view import view_of
from hrtp.page.words import LOCALES, Language
from hrtp.settings import Settings
from hrtp.steps import step

if TYPE_CHECKING:
    from jinja2 import Environment

    from hrtp.lineage.events import Work

#: Where a language's page stands below its edition's folder.
PLACES = {"en": Path("index.html"), "es": Path("es") / "index.html"}
#: What each language calls itself.
NAMES = {"en": "English", "es": "Español"}
_VERSIONS = ".pages"


class PageFailed(HrtpError):
    """The page could not be made; the one before it stays."""

    code = "PAGE_FAILED"


@dataclass(frozen=True)
class PageResult:
    """``changed`` is False where every page is byte for byte the one before; ``pages`` are paths with their bytes."""

    changed: bool
    content_id: str
    pages: dict[Path, int]

    @property
    def path(self) -> Path:
        """The public page in English."""
        return next(iter(self.pages))

    def summary(self) -> dict[str, object]:
        """Counts for logs, XComs and ``--json``."""
        return {
            "changed": self.changed,
            "content_id": self.content_id,
            "page": str(self.path),
            "pages": {str(path): size for path, size in self.pages.items()},
            "bytes": sum(self.pages.values()),
        }


def write_page(settings: Settings) -> PageResult:
    """Make both editions in both languages from the published marts, and swap them in.

    Raises:
        NotPublished: before the first night.
        TranslationMissing: a text of the marts is in no catalogue; it is named.
        PageFailed: the marts lack what the page reads. In each case the pages before stay whole.
    """
    settings.make_zones()
    with (
        observed(settings, "page") as seen,
        no_values_in_errors(PageFailed, "page"),
        exclusive(settings.home / ".page.lock", "writing of the page"),
    ):
        try:
            facts = read_facts(settings)
        except (MartsOutdated, KeyError) as error:
            raise PageFailed(
                f"the published marts lack a table or column that the page reads ({type(error).__name__}); "
                "run `hrtp build`, `hrtp publish` and `hrtp page` with this release. The page before it stays"
            ) from None
        if not facts.indicators:
            raise PageFailed("the published marts hold no indicator; run `hrtp build`. The page before it stays")
        has_docs = _has_docs(settings)
        recipe, note = made_of(facts, has_docs=has_docs), settings.staff / NOTE
        editions = {"public": settings.published / "site", "staff": settings.staff}
        doors = {f"{name}/{key}": folder / PLACES[key] for name, folder in editions.items() for key in LOCALES}
        pages = kept(note, recipe, doors) or _editions(facts, has_docs=has_docs)
        # all is made before anything is swapped
        changed = [
            _swap(editions[name], {key: pages[f"{name}/{key}"] for key in LOCALES}, folder_mode, mode)
            for name, folder_mode, mode in (("public", 0o755, 0o644), ("staff", 0o750, 0o640))
        ]
        keep(note, recipe, pages)
        seen.did(lambda _: _lineage(settings, facts.content_id))
    sizes = {door: len(pages[name]) for name, door in doors.items()}
    return PageResult(any(changed), facts.content_id, sizes)


def _lineage(settings: Settings, content_id: str) -> Iterator[Work]:
    from hrtp.lineage.readers import made_for_readers

    for edition, name, folder, words in (
        ("public", "site.scorecard_page", settings.published / "site", "The scorecard page for the public"),
        ("staff", "staff.scorecard_page", settings.staff, "The scorecard page for staff, with the sectors"),
    ):
        yield made_for_readers(
            f"page.{edition}",
            [f"published.{mart}" for mart in READS],
            name,
            [folder / place for place in PLACES.values()],
            path="src/hrtp/page/write.py",
            description=words,
            content_id=content_id,
        )


def refresh_page(settings: Settings) -> None:
    """Make the pages anew where there are some: what they say must not outlive the figures behind it.

    Raises:
        as `write_page`.
    """
    if (settings.published / "site" / _VERSIONS).exists() or (settings.staff / _VERSIONS).exists():
        write_page(settings)


def _has_docs(settings: Settings) -> bool:
    """Whether dbt's documentation is there, or is on its way: a night writes it beside the page, in any order."""
    from hrtp.build import MANIFEST_FILE

    return any(
        path.is_file()
        for path in (settings.published / "site" / "docs" / "index.html", settings.warehouse / MANIFEST_FILE)
    )


def _editions(facts: Facts, *, has_docs: bool) -> dict[str, bytes]:
    """Every edition's page in every language, by ``<edition>/<language>``; all know where the documentation stands."""
    editions = {
        "public": (for_the_public(facts), "docs/index.html"),
        "staff": (facts, "../published/site/docs/index.html"),
    }
    return {
        f"{name}/{key}": render(said, Language(key), docs if has_docs else None)
        for name, (said, docs) in editions.items()
        for key in LOCALES
    }


def render(facts: Facts, say: Language, docs: str | None = None) -> bytes:
    """One page: of these facts, in this language.

    Raises:
        TranslationMissing: a text is not in the language's catalogue.
    """
    view = view_of(facts, say)
    environment = _environment(say)
    style = environment.get_template("style.css").render().strip()
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    up = "../" * (len(PLACES[say.key].parts) - 1)
    page = environment.get_template("page.html").render(
        page=view,
        lang=say.key,
        style=style,
        # nothing may be asked of anybody: no script at all, and this one style sheet
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'",
        languages=[(key, NAMES[key], up + place.as_posix()) for key, place in PLACES.items()],
        docs=None if docs is None else up + docs,
        json_link=data_link(as_json(facts), "application/json"),
        csv_link=data_link(as_csv(facts), "text/csv"),
        file_name=f"hrtp-scorecard-{facts.as_of.isoformat()}",
    )
    return page.encode()


def _environment(say: Language) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("hrtp.page"),
        # names come from files of others: whatever they hold is text
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = say.text
    return environment


def _swap(folder: Path, pages: dict[str, bytes], folder_mode: int, mode: int) -> bool:
    """Put the pages of one edition in place; False where they stand there already."""
    digest = hashlib.sha256(b"".join(pages[key] for key in PLACES)).hexdigest()[:16]
    versions = folder / _VERSIONS
    for path in (folder, versions):
        path.mkdir(mode=folder_mode, parents=True, exist_ok=True)
        path.chmod(folder_mode)
    target = versions / digest
    is_new = not all(_holds(target / PLACES[key], page) for key, page in pages.items())
    if is_new:
        candidate = versions / f".candidate-{uuid.uuid4().hex}"
        for key, page in pages.items():
            place = candidate / PLACES[key]
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, page, mode)
        for path in (candidate, *(p for p in candidate.rglob("*") if p.is_dir())):
            path.chmod(folder_mode)
            sync_folder(path)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(candidate, target)
        sync_folder(versions)
    step("page.version_in_place")
    linked = [_link(folder / place.parts[0], Path(_VERSIONS) / "current" / place.parts[0]) for place in PLACES.values()]
    step("page.doors_linked")
    linked.append(_link(versions / "current", Path(digest)))
    step("page.current_linked")
    for old in versions.iterdir():
        if old.name not in {digest, "current"}:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    return is_new or any(linked)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _link(link: Path, target: Path) -> bool:
    if link.is_symlink() and link.readlink() == target:
        return False
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    part = link.parent / f".link-{link.name}-{uuid.uuid4().hex}"
    part.symlink_to(target)
    os.replace(part, link)
    sync_folder(link.parent)
    return True
