"""A workbook in place: the cells of a row go, and the shared strings, comments and caches that were theirs alone.

No library opens and saves the workbook, because none of them keeps all of it (openpyxl drops what formulas had
calculated). The parts are edited as bytes, between the marks that an XML parser gives.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

import python_calamine

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.reading.table import HeaderMatch, fold, forms_of
from hrtp.reading.xlsxfile import Workbook, cell_text
from hrtp.redaction.finder import OWN_ID, STATE_IDS, Finder, Row, Strings
from hrtp.redaction.sheetxml import Sheet, blank_elements, parse_sheet, scrubbed, scrubbed_text, shared_items
from hrtp.redaction.zipbytes import rewrite
from hrtp.sources import SourceConfig

_MAILTO = re.compile(rb"mailto:[^\"']*")
_SHARED = "xl/sharedStrings.xml"
#: Parts that hold text which belongs to no cell: notes, caches of other tables, who wrote and what was selected.
_LOOSE = re.compile(
    r"(docProps|customXml|xl/(comments|threadedComments|persons|drawings|pivotCache|pivotTables|queryTables|tables))"
)


@dataclass
class _Found:
    """What is to go: row numbers by sheet name, and the strings that these rows held."""

    rows: dict[str, set[int]] = field(default_factory=dict)
    strings: Strings = field(default_factory=Strings)

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))


def redact_workbook(
    data: bytes,
    entities: tuple[str, ...],
    source: SourceConfig,
    contracts: Mapping[str, EntityContract],
    finder: Finder,
    variant: int,
) -> tuple[bytes, int] | None:
    """The workbook without the person, and how many rows were blanked; None where it cannot be opened.

    Sheets that the contract does not know are looked through as well.
    """
    try:
        workbook = Workbook(data)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except Exception:  # the reader refuses it for the same reason; nothing of the library's text is kept
        return None
    found = _Found()
    matches = _matches(workbook, entities, source, contracts)
    for meta in book.sheets_metadata:
        if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        cells: list[list[object]] = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)  # type: ignore[assignment]
        _look_through(meta.name, cells, matches.get(meta.name), finder, found)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    try:
        changed = _edit(parts, found, finder)
    except (expat.ExpatError, KeyError, ValueError):
        return None
    return (rewrite(data, changed, b"redacted %d" % variant if variant else b"") if changed else data), found.count


def _matches(
    workbook: Workbook, entities: tuple[str, ...], source: SourceConfig, contracts: Mapping[str, EntityContract]
) -> dict[str, HeaderMatch]:
    found: dict[str, HeaderMatch] = {}
    for entity in entities:
        name = workbook.sheet_name(source, entity)
        if name is None:
            continue
        try:
            _, found[name] = workbook.read_sheet(name, forms_of(source, contracts[entity]), contracts[entity])
        except FileRejected:
            continue
    return found


def _look_through(
    name: str, cells: list[list[object]], match: HeaderMatch | None, finder: Finder, found: _Found
) -> None:
    has_person = match is None or any(column in match.positions for column in (OWN_ID, *STATE_IDS))
    for number, row in enumerate(cells, start=1):
        if match is not None and number == match.form.skip_rows + 1:
            continue
        texts = [cell_text(cell) for cell in row]
        if not any(texts):
            continue
        values = {}
        if match is not None and number > match.form.skip_rows:
            values = {column: texts[p] for column, p in match.positions.items() if p < len(texts)}
        if finder.is_theirs(Row(values, texts, has_person)):
            found.rows.setdefault(name, set()).add(number)
            found.strings.learn(values)


def _edit(parts: Mapping[str, bytes], found: _Found, finder: Finder) -> dict[str, bytes]:
    """Parts that change, with what becomes of them."""
    changed: dict[str, bytes] = {}
    strings = found.strings.all() | finder.strings()
    scrub = _scrubber(strings)
    sheets: dict[str, Sheet] = {}
    for name, path in _sheet_parts(parts).items():
        rows = found.rows.get(name, set())
        sheet = parse_sheet(parts[path], rows)
        sheets[path] = sheet
        if rows:
            changed |= _notes(parts, path, rows)
        new = sheet.without_rows(scrub)
        if new != parts[path]:
            changed[path] = new
    if found.count and _SHARED in parts:
        kept = set().union(*(sheet.kept_strings for sheet in sheets.values()))
        lost = set().union(*(sheet.lost_strings for sheet in sheets.values())) - kept
        items = shared_items(parts[_SHARED])
        folded = {fold(text) for text in strings}
        theirs = {i for i, text in enumerate(items.texts) if i not in kept and fold(text) in folded}
        changed[_SHARED] = items.without(lost | theirs)
    for path, content in parts.items():
        if scrub is None:
            break
        if _LOOSE.match(path):
            changed[path] = scrubbed(changed.get(path, content), scrub)
        elif path.startswith("xl/worksheets/_rels/") and b"mailto:" in content:
            changed[path] = _MAILTO.sub(lambda link: scrubbed_text(link[0], scrub), content)
    return {path: new for path, new in changed.items() if new != parts[path]}


def _sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Part of every sheet, by the sheet's name."""
    targets = _relations(parts.get("xl/_rels/workbook.xml.rels", b""))
    found: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            key = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id" and ":" in k), "")
            path = _resolve("xl/", targets.get(key, ("", ""))[1])
            if path in parts:
                found[attributes.get("name", "")] = path

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(parts["xl/workbook.xml"], True)
    return found


def _relations(content: bytes) -> dict[str, tuple[str, str]]:
    """(kind, target) by id."""
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))

    if content:
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.Parse(content, True)
    return found


def _resolve(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    steps = folder.rstrip("/").split("/")
    for step in target.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def _notes(parts: Mapping[str, bytes], sheet: str, rows: set[int]) -> dict[str, bytes]:
    """Comments on cells of these rows, emptied."""
    folder, _, file = sheet.rpartition("/")
    changed: dict[str, bytes] = {}
    for kind, target in _relations(parts.get(f"{folder}/_rels/{file}.rels", b"")).values():
        path = _resolve(f"{folder}/", target)
        if kind in {"comments", "threadedComment"} and path in parts:
            changed[path] = blank_elements(parts[path], {"comment", "threadedComment"}, {"text"}, rows)
    return changed


def _scrubber(strings: Iterable[str]) -> re.Pattern[str] | None:
    whole = {form for text in strings for form in (text, escape(text, {'"': "&quot;"}))}
    if not whole:
        return None
    ordered = sorted(map(re.escape, whole), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)", re.IGNORECASE)
