"""Everything behind the landing zone again, from the landed files, the code and the person key alone.

Raw and quarantine are built beside the standing ones and put in place by renames; then the warehouse is built and the
marts published as on any night. The landed bytes are never written. Killed anywhere, run it again: it begins anew, and
a night that runs in between finds zones that are old, new or empty, each of which it fills to the same state.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hrtp.bi import publish_also
from hrtp.build import build_warehouse, warehouse_lock
from hrtp.doctor.landing import LANDED_NAME, audit_landing
from hrtp.doctor.model import Finding
from hrtp.errors import HrtpError, no_values_in_errors
from hrtp.identity import load_person_key
from hrtp.ingest import ingest
from hrtp.landing import Landing, sync_folder
from hrtp.locks import exclusive
from hrtp.publish import drop_old_versions, publish
from hrtp.settings import Settings
from hrtp.sources import SourceConfig, load_source
from hrtp.steps import step

log = logging.getLogger("hrtp.restore")

Progress = Callable[[str], None]

#: Where a restore works; it is gone when one has come to its end.
WORKSHOP = ".restore"
#: Zones that are built beside and swapped, in the order of the swap.
_SWAPPED = ("quarantine", "data_docs", "raw")


class RestoreFailed(HrtpError):
    """Nothing was swapped; the zones are as they were."""

    code = "RESTORE_FAILED"


@dataclass(frozen=True)
class RestoreResult:
    """What came out: manifests a state, and the id of the published content."""

    sources: int
    tables: dict[str, int]
    content_id: str
    as_of: date

    def summary(self) -> dict[str, object]:
        """Counts for logs."""
        return {
            "as_of": self.as_of.isoformat(),
            "sources": self.sources,
            **{f"tables_{state}": n for state, n in sorted(self.tables.items())},
            "content_id": self.content_id,
        }


def restore(settings: Settings, as_of: date, progress: Progress | None = None) -> RestoreResult:
    """Rebuild raw, quarantine, identity, warehouse and published from the landing zone.

    Raises:
        RestoreFailed: where the landing zone is empty or damaged, a source has no configuration, or the person key is
            missing; before anything was changed.
        BuildFailed: where the figures did not pass their tests; the last published ones stay.
    """
    say = progress or (lambda _: None)
    settings.make_zones()
    with _one_at_a_time(settings, say), no_values_in_errors(RestoreFailed, "restore"):
        sources = _sources(settings)
        _check_key(settings)
        _check_landing(settings, say)
        workshop = settings.home / WORKSHOP
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        tables = _build_beside(settings, sources, workshop, say)
        # the workshop stays as a mark that a restore is not at its end until the figures are published
        say("restore: building the warehouse")
        build_warehouse(settings, as_of, say)
        published = publish(settings)
        drop_old_versions(settings)
        publish_also(settings, say)
        shutil.rmtree(workshop)
    say(f"restore: done, content {published.content_id}")
    return RestoreResult(len(sources), tables, published.content_id, as_of)


def adopt_landing(settings: Settings, backup: Path, progress: Progress | None = None) -> int:
    """Copy a backup of the landing zone into an empty one, each file verified; the number of files.

    ``backup`` is a landing folder, or a folder that holds one.

    Raises:
        RestoreFailed: where this landing zone is not empty, or the backup is none or is damaged.
    """
    say = progress or (lambda _: None)
    origin = backup / "landing" if (backup / "landing").is_dir() else backup
    landed = list(origin.glob("*/*.json"))
    if not landed:
        raise RestoreFailed(f"{backup} holds no landed file; --from wants the copy of a landing folder")
    settings.make_zones()
    with _one_at_a_time(settings, say):
        if any(settings.landing.glob("*/*.json")):
            raise RestoreFailed(
                f"{settings.landing} already holds files and is never overwritten. Restore without --from to build "
                "from them, or name an empty folder in HRTP_HOME"
            )
        if any(path.is_symlink() for path in origin.rglob("*")):
            raise RestoreFailed(f"{origin} holds links; a landing zone never does. Copy it with its real files")
        workshop = settings.home / WORKSHOP
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        copy = workshop / "landing"
        say(f"restore: copying {len(landed)} landed files from {origin}")
        shutil.copytree(origin, copy, ignore=shutil.ignore_patterns(".incoming", "*.part"))
        _refuse_damage(audit_landing(settings, folder=copy), origin)
        for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
            folder.chmod(0o700)
        _make_durable(copy)
        os.replace(settings.landing, workshop / "empty-landing")
        os.replace(copy, settings.landing)
        sync_folder(settings.home)
        shutil.rmtree(workshop)
    return len(landed)


def _one_at_a_time(settings: Settings, say: Progress) -> AbstractContextManager[None]:
    return exclusive(settings.home / f"{WORKSHOP}.lock", "restore", say)


def _sources(settings: Settings) -> list[SourceConfig]:
    """The configuration of every source that has landed something."""
    names = sorted({path.parent.name for path in settings.landing.glob("*/*.json")})
    if not names:
        raise RestoreFailed(
            f"{settings.landing} holds no landed file, so there is nothing to build from. "
            "Name a backup of it: hrtp restore --from FOLDER"
        )
    without = [name for name in names if not (settings.project / "sources" / f"{name}.yml").exists()]
    if without:
        raise RestoreFailed(
            f"no configuration for {', '.join(without)}, whose files have landed; "
            f"put sources/{without[0]}.yml back, or their rows would be missing"
        )
    return [load_source(settings.project / "sources" / f"{name}.yml") for name in names]


def _check_key(settings: Settings) -> None:
    """A restore never makes a new key: with another one everybody's pseudonym would change unnoticed."""
    if settings.person_key is None and not (settings.identity / "person_key").exists():
        raise RestoreFailed(
            f"the person key is missing: set HRTP_PERSON_KEY, or put its backup at {settings.identity / 'person_key'} "
            "(mode 0600). Without the old key everybody gets a new pseudonym; if it is lost for good, make a new one "
            "with `openssl rand -hex 32`"
        )
    load_person_key(settings)


def _check_landing(settings: Settings, say: Progress) -> None:
    say("restore: checking every landed file against its sha256")
    _refuse_damage(audit_landing(settings), settings.landing)


def _refuse_damage(findings: list[Finding], folder: Path) -> None:
    bad = [finding for finding in findings if finding.severity == "error"]
    if bad:
        raise RestoreFailed(
            f"{len(bad)} findings in {folder}, first: {bad[0].code} {bad[0].where}. {bad[0].way_out}", code=bad[0].code
        )


def _beside(settings: Settings, workshop: Path) -> Settings:
    """The same settings, with the zones that are to be swapped below ``workshop``."""
    aside = settings.model_copy()
    for zone in _SWAPPED:
        # what a cached property returns is what stands here
        aside.__dict__[zone] = workshop / zone
    return aside


def _build_beside(settings: Settings, sources: list[SourceConfig], workshop: Path, say: Progress) -> dict[str, int]:
    """Judge every landed file into new zones, then swap these in while nobody can land or load anything."""
    aside = _beside(settings, workshop)
    for zone in _SWAPPED:
        (workshop / zone).mkdir(mode=0o700)
    while True:
        before = _inventory(settings.landing)
        tables: dict[str, int] = {}
        for number, source in enumerate(sources, start=1):
            result = ingest(source, aside, None, pull=False)
            if result.tampered is not None:
                raise result.tampered
            for outcome in result.files:
                tables[outcome.manifest.state] = tables.get(outcome.manifest.state, 0) + 1
            say(f"restore: {number} of {len(sources)} sources, {source.source}: {len(result.files)} tables")
        step("restore.built_beside")
        with ExitStack() as locks:
            for source in sources:
                locks.enter_context(Landing(settings.landing, source.source).lock())
            locks.enter_context(warehouse_lock(settings))
            if _inventory(settings.landing) == before:
                _swap(settings, workshop)
                return tables
        say("restore: files landed meanwhile; judging these too")
        sources = _sources(settings)


def _inventory(landing: Path) -> set[str]:
    """Names of all that has landed, been batched or decided."""
    return {
        str(path.relative_to(landing))
        for source in landing.iterdir()
        if source.is_dir() and not source.name.startswith(".")
        for path in (*source.iterdir(), *source.glob("*/*.json"))
        if LANDED_NAME.match(path.name) or path.suffix == ".json"
    }


def _swap(settings: Settings, workshop: Path) -> None:
    for zone in _SWAPPED:
        standing: Path = getattr(settings, zone)
        mode = standing.stat().st_mode & 0o777
        os.replace(standing, workshop / f"old-{zone}")
        step(f"restore.{zone}_away")
        os.replace(workshop / zone, standing)
        standing.chmod(mode)
        step(f"restore.{zone}_in")
    sync_folder(settings.home)
    for zone in _SWAPPED:
        shutil.rmtree(workshop / f"old-{zone}")
    step("restore.swapped")


def _make_durable(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    for path in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        sync_folder(path)
