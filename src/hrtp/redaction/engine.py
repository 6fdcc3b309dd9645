"""One landed file in, the same file without the person out; or nothing of it, where nobody can say where rows begin."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.reading.container import open_container
from hrtp.reading.table import Form, HeaderMatch, choose_form, forms_of
from hrtp.redaction.csvbytes import Decoded, Record, decode, field_spans, line_end, records, replace_spans
from hrtp.redaction.finder import OWN_ID, STATE_IDS, Finder, Row
from hrtp.redaction.xlsxbytes import redact_workbook
from hrtp.redaction.zipbytes import rewrite
from hrtp.sources import SourceConfig

#: How much of an archive that nobody reads is looked through.
_MAX_UNPACKED = 1024**3


@dataclass(frozen=True)
class Redacted:
    """What became of a file: ``rows`` blanked; ``is_removed`` where a note stands in the place of all its bytes."""

    data: bytes
    rows: int = 0
    is_removed: bool = False


def redact(
    data: bytes,
    name: str,
    entities: tuple[str, ...],
    source: SourceConfig,
    contracts: Mapping[str, EntityContract],
    finder: Finder,
    sha256: str,
    variant: int = 0,
) -> Redacted | None:
    """Take a person out of a file.

    Args:
        data: the file's bytes.
        name: its name; only the ending is looked at.
        entities: what the name says it holds.
        source: whose it is.
        contracts: by entity.
        finder: knows the person's rows.
        sha256: of ``data``; a removed file's note names it.
        variant: another number gives other bytes that say the same: two exports may differ in this person alone.

    Returns:
        None where the person does not stand in it.
    """
    try:
        container = open_container(data, name)
    except FileRejected:
        return _whole(data, finder, sha256)
    if container.kind == "xlsx":
        outcome = redact_workbook(container.data, entities, source, contracts, finder, variant)
        if outcome is None:
            return _whole(data, finder, sha256)
        inner, rows = outcome
    else:
        entity = entities[0] if len(entities) == 1 else _entity_of(container.name, entities)
        done = _csv(container.data, contracts.get(entity or ""), source, finder, " " * variant)
        if done is None:
            return _whole(data, finder, sha256)
        inner, rows = done
    if inner == container.data:
        return None
    if container.data is not data and container.data != data:
        inner = _into_archive(data, container.data, inner)
    return Redacted(inner, rows)


def _entity_of(member: str | None, entities: tuple[str, ...]) -> str | None:
    fits = [e for e in entities if member is not None and member.lower().startswith(f"{e}_")]
    return fits[0] if len(fits) == 1 else None


def _into_archive(archive: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with the one member that held ``old``."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        changed = {info.filename: new for info in opened.infolist() if opened.read(info) == old}
    return rewrite(archive, changed)


def _whole(data: bytes, finder: Finder, sha256: str) -> Redacted | None:
    """A file whose rows nobody can tell apart goes whole where the person stands in it."""
    if not any(finder.in_text(text) for text in texts_of(data)):
        return None
    note = {"removed": "a person who asked to be forgotten stood in this unreadable file", "redacted_from": sha256}
    return Redacted(json.dumps(note).encode(), is_removed=True)


def texts_of(data: bytes, depth: int = 0) -> list[str]:
    """Everything that the bytes may say, in every encoding that partners write, packed or not."""
    found = [data.decode("utf-8", "replace"), data.decode("cp1252", "replace")]
    if b"\x00" in data:
        found += [data[skip:].decode(codec, "replace") for codec in ("utf-16-le", "utf-16-be") for skip in (0, 1)]
    if depth < 2:
        found += [text for inner in _insides(data) for text in texts_of(inner, depth + 1)]
    return found


def _insides(data: bytes) -> list[bytes]:
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                return [stream.read(_MAX_UNPACKED)]
        except (OSError, EOFError, zlib.error):
            return []
    if not data.startswith(b"PK"):
        return []
    inner: list[bytes] = []
    left = _MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inner.append("\n".join(archive.namelist()).encode())
            for info in archive.infolist():
                with archive.open(info) as stream:
                    part = stream.read(left)
                left -= len(part)
                inner.append(part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, zlib.error):
        pass  # what came out so far is looked through
    return inner


def _csv(
    data: bytes, contract: EntityContract | None, source: SourceConfig, finder: Finder, filler: str
) -> tuple[bytes, int] | None:
    """The file with the person's records emptied, and how many; None where its records cannot be told apart."""
    forms = forms_of(source, contract) if contract is not None else []
    match = _match(data, forms, contract) if contract is not None else None
    tries = [(match.form.encoding, match.form.delimiter)] if match else [(f.encoding, f.delimiter) for f in forms]
    for encoding, delimiter in dict.fromkeys([*tries, ("utf-8", ",")]):
        decoded = decode(data, encoding)
        found = records(decoded.text, delimiter) if decoded is not None else None
        if decoded is not None and found is not None:
            return _blank(decoded, found, match, forms, finder, filler)
    return None


def _match(data: bytes, forms: list[Form], contract: EntityContract) -> HeaderMatch | None:
    """Which column is which, as the reader finds it, also in a file that it refuses for its rows."""
    candidates: list[tuple[Form, list[str]]] = []
    for form in forms:
        decoded = decode(data, form.encoding)
        found = records(decoded.text, form.delimiter) if decoded is not None else None
        below = [r.cells for r in (found or [])[form.skip_rows :] if any(cell.strip() for cell in r.cells)]
        if below:
            candidates.append((form, below[0]))
    match = choose_form(candidates, contract) if candidates else None
    if match is None or len(match.positions) < 2 or match.duplicates:
        return None
    return match


def _blank(
    decoded: Decoded, found: list[Record], match: HeaderMatch | None, forms: list[Form], finder: Finder, filler: str
) -> tuple[bytes, int]:
    form = match.form if match else (forms[-1] if forms else None)
    has_person = match is None or any(column in match.positions for column in (OWN_ID, *STATE_IDS))
    changes: list[tuple[int, int, str]] = []
    header: list[str] | None = None
    trailer: Record | None = None
    rows = 0
    for number, record in enumerate(found, start=1):
        if not any(cell and not cell.isspace() for cell in record.cells):
            continue
        if match is not None and header is None and number > match.form.skip_rows:
            header = record.cells
            continue
        if form is not None and form.trailer_marker and record.cells[0].strip().startswith(form.trailer_marker):
            trailer = record
            continue
        theirs = finder.is_theirs(_row(record, header, match, has_person))
        if not theirs and match is None:
            # no header says which cell is which: the whole line is looked at
            theirs = finder.in_text(decoded.text[record.start : record.end])
        if theirs:
            changes.append((record.start, record.end, filler + line_end(decoded.text, record)))
            rows += 1
    if rows and trailer is not None and form is not None:
        changes += _fewer(decoded.text, trailer, form, rows)
    return decoded.encode(replace_spans(decoded.text, changes)), rows


def _row(record: Record, header: list[str] | None, match: HeaderMatch | None, has_person: bool) -> Row:
    if match is None or header is None or len(record.cells) != len(header):
        return Row({}, record.cells)
    return Row({name: record.cells[p] for name, p in match.positions.items()}, record.cells, has_person)


def _fewer(text: str, trailer: Record, form: Form, rows: int) -> list[tuple[int, int, str]]:
    """The trailer's own count, less the rows that are gone: the partner's control total still controls."""
    spans = field_spans(text, trailer, form.delimiter)
    if form.trailer_count_column is None or len(spans) < form.trailer_count_column:
        return []
    start, end = spans[form.trailer_count_column - 1]
    written = re.search(r"\d[\d,]*", text[start:end])
    if written is None:
        return []
    left = max(int(written[0].replace(",", "")) - rows, 0)
    return [(start + written.start(), start + written.end(), str(left))]
