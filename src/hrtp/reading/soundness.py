"""Whether an archive or a workbook is whole, found out before native code opens it.

The workbook library is quick and forgiving: it skips what it cannot place, and it lays a sheet out as a full rectangle,
so that one stray cell in the last corner takes all memory there is. So every part is first read as strict XML, and the
cells of a sheet must stand in their order.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from xml.parsers import expat

from hrtp.errors import FileRejected

#: A sheet may be laid out in so many cells whatever it holds, and beyond that in so many for each cell that it holds.
MAX_LAID_OUT = 10_000_000
MAX_SPARSENESS = 20
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

_DAMAGED = "the file is damaged; save it again and send it anew"
_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_CELL_TYPES = (None, "b", "d", "e", "inlineStr", "n", "s", "str")
_RELATIONS = "xl/_rels/workbook.xml.rels"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@contextmanager
def rejects_damage(code: str = "TRUNCATED", detail: str = _DAMAGED) -> Iterator[None]:
    """Turn whatever a library raises over damaged bytes into a rejection; its own text may quote them.

    Native code that panics raises what is no ``Exception``; a keyboard interrupt and the like pass.
    """
    try:
        yield
    except (FileRejected, MemoryError, TimeoutError):
        raise
    except Exception:
        raise FileRejected(code, detail) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise FileRejected(code, detail) from None


def check_workbook(archive: zipfile.ZipFile) -> None:
    """Read every XML part of a workbook strictly.

    Raises:
        FileRejected: XML_ENTITIES, TRUNCATED, ARCHIVE_LIMIT.
    """
    names = [name.replace("\\", "/").casefold() for name in archive.namelist()]
    if len(set(names)) < len(names):
        # of two parts of one name this check could read one, and the library the other
        raise FileRejected("TRUNCATED", _DAMAGED)
    for name in archive.namelist():
        if name.lower().endswith((".xml", ".rels")):
            sheet = _Sheet()
            parser = expat.ParserCreate(namespace_separator=" ")
            parser.StartDoctypeDeclHandler = _refuse_doctype
            parser.StartElementHandler = _targets if name.casefold() == _RELATIONS else sheet.start
            with rejects_damage(), archive.open(name) as stream:
                parser.ParseFile(stream)
            if sheet.is_sheet and not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
                # allowed by the standard, written by no program, and looked for nowhere else
                raise FileRejected("TRUNCATED", _DAMAGED)
            sheet.check_extent()


def _refuse_doctype(*_: object) -> None:
    raise FileRejected(
        "XML_ENTITIES", "the workbook declares a document type, as no spreadsheet program does; save it again"
    )


def _targets(tag: str, attributes: dict[str, str]) -> None:
    """A part that the workbook names must be one that is checked here, wherever it lies."""
    if tag.endswith("Relationship") and not attributes.get("Target", "").lower().endswith(".xml"):
        raise FileRejected("TRUNCATED", _DAMAGED)


class _Sheet:
    """Follows the cells of one sheet: in their order, within the grid, not scattered.

    A part is a sheet by what is in it: the library opens whatever the workbook names as one, in any folder.
    """

    def __init__(self) -> None:
        self.is_sheet = False
        self._row = self._column = 0
        self._type: str | None = None
        self._filled = self._last_row = self._last_column = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take one opening tag."""
        namespace, _, name = tag.rpartition(" ")
        self.is_sheet = self.is_sheet or name in {"worksheet", "sheetData"}
        if not self.is_sheet:
            return
        if name == "c":
            self._type = attributes.get("t")
            if self._type not in _CELL_TYPES:
                raise FileRejected("TRUNCATED", _DAMAGED)
            self._cell(attributes.get("r"))
        elif name == "row":
            number = attributes.get("r")
            self._move(self._row + 1 if number is None else int(number), 0)
        elif name == "v" or name == "is":
            if (name == "is") != (self._type == "inlineStr"):
                raise FileRejected("TRUNCATED", _DAMAGED)
            self._filled += 1
            self._last_row = max(self._last_row, self._row)
            self._last_column = max(self._last_column, self._column)
        elif name == "worksheet" and namespace not in _NAMESPACES:
            raise FileRejected("TRUNCATED", _DAMAGED)

    def _cell(self, reference: str | None) -> None:
        if reference is None:
            self._move(self._row, self._column + 1)
            return
        match = _REFERENCE.fullmatch(reference)
        if match is None or int(match[2]) != self._row:
            raise FileRejected("TRUNCATED", _DAMAGED)
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        self._move(self._row, column)

    def _move(self, row: int, column: int) -> None:
        """To a cell behind the last one, or to the start of a later row."""
        if (row, column) <= (self._row, self._column) or row > LAST_ROW or column > LAST_COLUMN:
            raise FileRejected("TRUNCATED", _DAMAGED)
        self._row, self._column = row, column

    def check_extent(self) -> None:
        """Refuse a sheet that would be laid out in far more cells than it holds."""
        laid_out = self._last_row * self._last_column
        if laid_out > MAX_LAID_OUT and laid_out > MAX_SPARSENESS * self._filled:
            raise FileRejected(
                "ARCHIVE_LIMIT", "a cell far away from the others makes the sheet gigantic; delete it and save again"
            )
