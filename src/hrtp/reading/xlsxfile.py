"""Workbooks: calamine reads the values, openpyxl looks at what only it can see (formulas, errors)."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import Counter
from datetime import date, datetime, time, timedelta

import python_calamine

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.reading.csvfile import _CONTROL, _TOTAL
from hrtp.reading.soundness import check_workbook, rejects_damage
from hrtp.reading.table import Form, HeaderMatch, RawTable, choose_form, fold, header_key
from hrtp.sources import SourceConfig

EXCEL_MAX_ROWS = 1_048_576
_FULL = "a sheet is full to Excel's last row, so rows were cut; send CSV"
#: A cell of the last row that has something in it.
_LAST_ROW_CELL = re.compile(rb'<c [^>]*\br="[A-Z]{1,3}1048576"[^>/]*>')
_FORMULA_OR_ERROR = re.compile(rb"<f[ >/]|t=\"e\"")
_HIDDEN_ROW = re.compile(rb"<row [^>]*hidden=\"(1|true)\"")
_DATE_1904 = re.compile(rb"<workbookPr[^>]*date1904=\"(1|true)\"")


class Workbook:
    """One open workbook; sheets are read by ``read_sheet``.

    Raises:
        FileRejected: UNSUPPORTED where the bytes are a zip but no workbook that can be read; EXCEL_LIMIT; as
            ``check_workbook``.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        with zipfile.ZipFile(io.BytesIO(data)) as archive, rejects_damage():
            # first, and without a parser: a full sheet costs minutes and gigabytes, and is refused in any case
            if any(_is_full(archive, name) for name in archive.namelist() if name.startswith("xl/worksheets/")):
                raise FileRejected("EXCEL_LIMIT", _FULL)
            check_workbook(archive)
        # the library raises its own zip, XML and workbook errors; all mean the same to a partner
        with rejects_damage("UNSUPPORTED", "the workbook cannot be opened; save it again as .xlsx"):
            self._book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
            self._by_name = {fold(meta.name): meta for meta in self._book.sheets_metadata}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [
                archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")
            ]
            self._has_formulas = any(_FORMULA_OR_ERROR.search(part) for part in parts)
            self._has_hidden_rows = any(_HIDDEN_ROW.search(part) for part in parts)
            self.is_1904 = _DATE_1904.search(archive.read("xl/workbook.xml")) is not None

    def sheet_name(self, source: SourceConfig, entity: str) -> str | None:
        """The sheet that holds ``entity``: as the source names it, else by the entity's own name."""
        declared = source.mapping(entity).sheet
        for name in (declared, entity):
            if name is not None and fold(name) in self._by_name:
                return self._by_name[fold(name)].name
        return None

    def read_sheet(self, name: str, forms: list[Form], contract: EntityContract) -> tuple[RawTable, HeaderMatch]:
        """Read one sheet.

        Raises:
            FileRejected: EXCEL_LIMIT, HEADER_MERGED, NO_HEADER, DUPLICATE_COLUMN, TRUNCATED.
        """
        with rejects_damage():
            sheet = self._book.get_sheet_by_name(name)
            merged = sheet.merged_cell_ranges or []
        # the library's own total_height is one short of the last row's number
        if sheet.end is not None and sheet.end[0] + 1 >= EXCEL_MAX_ROWS:
            raise FileRejected("EXCEL_LIMIT", _FULL)
        with rejects_damage():
            cells: list[list[object]] = sheet.to_python(skip_empty_area=False)  # type: ignore[assignment]
        candidates = [
            (form, [_text(cell) for cell in cells[form.skip_rows]]) for form in forms if len(cells) > form.skip_rows
        ]
        if not candidates:
            raise FileRejected("NO_HEADER", "the sheet is empty; export it with the header row")
        match = choose_form(candidates, contract)
        top = match.form.skip_rows
        if any(first[0] <= top <= last[0] for first, last in merged):
            raise FileRejected("HEADER_MERGED", "header cells are merged; unmerge them and export again")
        if not match.positions or len(match.positions) < min(2, len(contract.columns)) < len(match.missing):
            raise FileRejected("NO_HEADER", "the first row names no column of the contract")
        if match.duplicates:
            raise FileRejected("DUPLICATE_COLUMN", f"two headers for: {', '.join(match.duplicates)}")
        table = self._rows(name, cells, match)
        if self._by_name[fold(name)].visible != python_calamine.SheetVisibleEnum.Visible or self._has_hidden_rows:
            table.warnings[("HIDDEN_ROWS", "sheet")] += 1
        return table, match

    def _rows(self, name: str, cells: list[list[object]], match: HeaderMatch) -> RawTable:
        form = match.form
        header = [_text(cell) for cell in cells[form.skip_rows]]
        named = max((i for i, text in enumerate(header) if text), default=-1) + 1
        table = RawTable(form=form, header=header[:named], is_1904=self.is_1904)
        keys = [header_key(text) for text in table.header]
        with rejects_damage():
            broken = self._broken_cells(name) if self._has_formulas else set()
        wanted = set(match.positions.values())
        for number, row in enumerate(cells[form.skip_rows + 1 :], start=form.skip_rows + 2):
            table.rows_in += 1
            cut = row[:named]
            texts = [
                cell
                for cell in cut
                if cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())
            ]
            is_broken = any((number, column) in broken for column in wanted)
            if not texts and not is_broken:
                table.rows_blank += 1
                continue
            first = _text(texts[0]) if texts else ""
            if form.trailer_marker is not None and first.startswith(form.trailer_marker):
                table.rows_blank += 1
                continue
            issue: str | None = None
            if is_broken:
                issue = "FORMULA"
            elif first == header[0] and [header_key(_text(cell)) for cell in cut] == keys:
                issue = "HEADER_REPEAT"
            elif _TOTAL.match(first) and len(texts) <= 3:
                issue = "TRAILER"
            elif any(isinstance(cell, str) and _CONTROL.search(cell) for cell in cut):
                issue = "CONTROL_CHAR"
            if issue is not None:
                table.issues[len(table.rows)] = issue
                cut = [""] * named
            table.rows.append(cut)
            table.numbers.append(number)
        # Excel keeps formatted but empty rows below the data: they are blank rows, counted as such above.
        table.warnings = Counter(
            {("SCHEMA_DRIFT", f"column {p + 1}"): 1 for p in match.unknown if p < named and header[p]}
        )
        return table

    def _broken_cells(self, name: str) -> set[tuple[int, int]]:
        """(row number, 0-based column) of error cells and of formulas that were saved without a value."""
        import openpyxl

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formulas = openpyxl.load_workbook(io.BytesIO(self._data), read_only=True, keep_links=False)[name]
            values = openpyxl.load_workbook(io.BytesIO(self._data), read_only=True, data_only=True, keep_links=False)[
                name
            ]
            broken: set[tuple[int, int]] = set()
            for formula_row, value_row in zip(formulas.iter_rows(), values.iter_rows(), strict=False):
                for formula, value in zip(formula_row, value_row, strict=False):
                    is_unsaved = formula.data_type == "f" and value.value is None
                    if (formula.data_type == "e" or value.data_type == "e" or is_unsaved) and formula.row is not None:
                        broken.add((formula.row, int(formula.column or 1) - 1))
        return broken


def _is_full(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a sheet reaches the last row that Excel has; the part streams by, whatever its size."""
    with archive.open(name) as part:
        tail = b""
        while chunk := part.read(4 * 1024**2):
            text = tail + chunk
            if b'1048576"' in text and _LAST_ROW_CELL.search(text):
                return True
            tail = text[-256:]
    return False


def cell_text(value: object) -> str:
    """A cell as text: whole numbers without ``.0``, dates as ISO, booleans as Y or N."""
    return _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (time, timedelta)):
        return str(value)
    return str(value)
