"""The generator's front door: blocks in, every partner's files out, one pass, a block in memory at a time."""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from hrtp.contracts import EntityContract, load_contracts
from hrtp.samples.block import Block
from hrtp.samples.errors import SamplesError
from hrtp.samples.exports import Exports
from hrtp.samples.extras import add_extras
from hrtp.samples.faults import FULL_SSN, add_faults, add_repeats, full_ssn
from hrtp.samples.names import NameBook
from hrtp.samples.participants import add_participants
from hrtp.samples.people import caljobs_id, identities
from hrtp.samples.placements import add_placements
from hrtp.samples.places import load_places
from hrtp.samples.register import register_rows
from hrtp.samples.render import WrittenForm
from hrtp.samples.rows import AJCCS, OFFICE, SECTORS, Fate, Row, Values
from hrtp.samples.services import add_services
from hrtp.samples.training import add_training
from hrtp.samples.truth import BadRowLog, SampleFile, SampleManifest, Tally
from hrtp.samples.versions import versions
from hrtp.samples.wages import block_wages
from hrtp.settings import load_settings
from hrtp.sources import SourceConfig, load_sources
from hrtp.synthetic import write_synthetic_list

#: Called with (blocks done, blocks in all).
Progress = Callable[[int, int], None]
MAX_SCALE = 10_000  # a sheet of Excel ends at 1,048,576 rows, and the fullest takes some 80 rows a block
#: At most this share of a file's rows is bad (the loader holds a file above 5 %), or two rows in a small file.
_BAD_SHARE, _BAD_ROWS = 0.04, 2

_Pending = dict[tuple[str, str, date], list[tuple[Row, Values]]]


def generate(
    out: Path,
    *,
    scale: int = 1,
    seed: int = 1,
    progress: Progress | None = None,
    form: str = "declared",
    truth: Path | None = None,
    project: Path | None = None,
) -> SampleManifest:
    """Write sample exports of all sources to ``out/<source>/``.

    At scale 1 the figures at 2026-09-30 are those that the County publishes, whatever the seed. At scale N persons and
    all that is counted in persons are N times as many; the median wage, the percentage, organisations, programs,
    contracts, deliverables and milestones stay. The same arguments give the same bytes.

    Args:
        out: folder for the sources' folders; files of the same names are replaced.
        scale: number of blocks of 213 enrolled persons, up to 10,000.
        seed: another seed makes other people with the same figures.
        progress: told after each block.
        form: ``declared`` writes each source's own form, ``canonical`` the contract's.
        truth: where to write the manifest as JSON, with every bad row in ``<stem>_bad_rows.csv`` beside it; must not
            lie in ``out``.
        project: folder with ``sources/``, ``expectations/`` and ``seeds/``; by default that of the settings.

    Returns:
        What was written, the planted figures, and what must become of every row. Beside the exports lies the list of
        what is synthetic (``hrtp.synthetic``).

    Raises:
        SamplesError: an argument is out of range, ``truth`` lies in ``out``, or the project lacks a source or places.
    """
    written = _checked_form(form)
    if not 1 <= scale <= MAX_SCALE:
        raise SamplesError(f"the scale must be between 1 and {MAX_SCALE:,}")
    if seed < 0:
        raise SamplesError("the seed must not be negative")
    if truth is not None and truth.resolve().is_relative_to(out.resolve()):
        raise SamplesError("the truth must not lie among the exports")
    project = project or load_settings().project
    sources, contracts = load_sources(project), load_contracts(project)
    book, places = NameBook(seed), load_places(project)
    manifest, tally = SampleManifest(scale, seed, form), Tally()
    log = BadRowLog(manifest, None if truth is None else truth.with_name(f"{truth.stem}_bad_rows.csv"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".writing-") as scratch:
        exports = Exports(out, Path(scratch), written, _delivered(sources, contracts), log)
        for number in range(scale):
            block = Block(book, places, number)
            groups = _fill(block, tally)
            _write(block, groups, exports, sources, written)
            if progress is not None:
                progress(number + 1, scale)
        paths = exports.close()
    log.close()
    manifest.figures, manifest.companions = tally.figures(), tally.companions()
    manifest.loads = exports.loads()
    manifest.files = [_described(out, source, path) for source, path in paths]
    write_synthetic_list(out, ((file.sha256, file.path) for file in manifest.files))
    if truth is not None:
        manifest.write(truth)
    return manifest


def people(seed: int = 1, scale: int = 1) -> Iterator[dict[str, str]]:
    """Everybody who stands in the files of ``generate``: for searching bytes that must not hold them.

    Yields:
        ``first``, ``last``, ``date_of_birth`` (ISO), ``ssn4``, ``email``, ``phone``, ``caljobs_id``, and ``ssn`` where
        a bad row shows a whole number (else empty). Last names have seven letters or more, first names six.
    """
    book = NameBook(seed)
    for number in range(scale):
        for slot, identity in identities(book, number):
            yield {
                "first": identity.first,
                "last": identity.last,
                "date_of_birth": identity.date_of_birth.isoformat(),
                "ssn4": identity.ssn4,
                "email": identity.email,
                "phone": identity.phone,
                "caljobs_id": caljobs_id(seed, number, slot),
                "ssn": full_ssn(number) if slot == FULL_SSN else "",
            }


def _checked_form(form: str) -> WrittenForm:
    match form:
        case "declared":
            return "declared"
        case "canonical":
            return "canonical"
    raise SamplesError("the form must be declared or canonical")


def _delivered(
    sources: dict[str, SourceConfig], contracts: dict[str, EntityContract]
) -> list[tuple[SourceConfig, list[EntityContract]]]:
    """The nine sources of the samples with what each delivers; a source added later has no samples."""
    sampled = sorted((*SECTORS, *AJCCS, OFFICE))
    missing = [name for name in sampled if name not in sources]
    if missing:
        raise SamplesError(f"samples need these files in sources/: {', '.join(missing)}")
    return [
        (sources[name], [contract for contract in contracts.values() if sources[name].kind in contract.kinds])
        for name in sampled
    ]


def _fill(block: Block, tally: Tally) -> list[tuple[Row, ...]]:
    """Make all rows of the block; returns the bad ones, in groups."""
    wages = block_wages(block.rng)
    for person in block.people:
        add_training(block, person)
        add_services(block, person)
        add_placements(block, person, wages)
        add_participants(block, person)
        tally.add(person.outcome)
    if wages:
        raise ValueError(f"the blueprint leaves {len(wages)} wages without a placement")
    add_extras(block)
    if block.number == 0:
        block.rows += register_rows(block.seed)
    groups = add_faults(block)
    block.rows += add_repeats(block)
    return groups


def _write(
    block: Block, groups: list[tuple[Row, ...]], exports: Exports, sources: dict[str, SourceConfig], form: WrittenForm
) -> None:
    pending: _Pending = defaultdict(list)
    for row in block.rows:
        for day, values in versions(row, sources[row.source], form):
            pending[row.source, row.entity, day].append((row, values))
    for group in groups:
        days = {day for row in group for day, _ in versions(row, sources[row.source], form)}
        if not days:
            continue
        (day,) = days
        place = (group[0].source, group[0].entity, day)
        rows, bad = exports.so_far(*place)
        rows += len(pending[place])
        bad += sum(row.fate is Fate.QUARANTINED for row, _ in pending[place]) + len(group)
        if bad <= max(_BAD_ROWS, _BAD_SHARE * rows):
            pending[place] += [(row, row.values) for row in group]
    for place, rows_there in pending.items():
        block.rng.shuffle(rows_there)
        for row, values in rows_there:
            exports.write(place, row, values)


def _described(out: Path, source: str, path: Path) -> SampleFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SampleFile(source, path.relative_to(out).as_posix(), digest, path.stat().st_size)
