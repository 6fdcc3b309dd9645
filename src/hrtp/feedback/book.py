"""The workbook that a clerk opens: what happened in ten seconds, then row by row what to mend."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from hrtp.cells import safe_cell
from hrtp.feedback import words
from hrtp.feedback.flat import HEADINGS, KINDS, cells_of
from hrtp.feedback.model import FileReport, Line, TableReport
from hrtp.workbooks import fixed_bytes

START, FIX, LOOK = "Start here", "Rows to fix", "Worth a look"
#: More lines than a person works off; the CSV beside the workbook has them all.
MAX_LINES = 20_000

_FILLS = {
    "good": "E3F3E6",
    "part": "FFF1D6",
    "held": "E9E4F5",
    "bad": "FBE1E1",
    "file": "FBE1E1",
    "hold": "E9E4F5",
    "row": "FBE1E1",
    "look": "FFF1D6",
    "head": "1F3A5F",
    "label": "F2F5F9",
}
_INKS = {"good": "1B5E20", "part": "7A4B00", "held": "46308A", "bad": "8E1616", "file": "8E1616", "row": "8E1616"}
_INKS |= {"hold": "46308A", "look": "7A4B00"}
_FONT = "Calibri"
_LINE_POINTS = 15
_BORDER = Border(bottom=Side(style="thin", color="D5DBE3"))
_WRAP = Alignment(horizontal="left", wrap_text=True, vertical="center", indent=1)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
#: Widths in characters of the first sheet; the third carries sentences.
_START_WIDTHS = (22, 28, 74, 16)
_WIDTHS = {
    "Table": 18,
    "Row in your file": 11,
    "Column": 26,
    "What is wrong": 44,
    "How to mend it": 56,
    "Severity": 17,
    "Rule": 25,
    "How many": 10,
}


def feedback_book(report: FileReport, data_desk: str) -> bytes:
    """The workbook as bytes; the same report gives the same bytes."""
    book = Workbook()
    start = book.active
    assert start is not None
    start.title = START
    _start(start, report, data_desk)
    _lines(book.create_sheet(FIX), report, report.fixes, "There is nothing to fix in this file.")
    _lines(book.create_sheet(LOOK), report, report.looks, "There is nothing else to look at in this file.")
    for sheet in book.worksheets:
        _print_setup(sheet, report)
    start.page_setup.fitToHeight = 1
    return fixed_bytes(book, f"HRTP data feedback, {report.stem}", report.received_at)


def _start(sheet: Worksheet, report: FileReport, data_desk: str) -> None:
    sheet.sheet_view.showGridLines = False
    for number, width in enumerate(_START_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    colour, did = words.verdict(report)
    _banner(sheet, 1, f"HRTP data feedback for {report.source_name}", "head", 15)
    _banner(sheet, 2, did, colour, 18)
    by = words.act_by(report)
    facts = [
        ("Your file", report.file_name),
        ("Data through", words.day(report.data_through)),
        ("Received", words.moment(report.received_at)),
        ("What we did", words.account(report)),
        ("What to do next", words.next_step(report)),
        ("By when", words.day(by) if by else "No date: nothing is asked of you."),
        ("Write to", f"{data_desk}. Name your file and the row numbers, never a person."),
    ]
    at = 4
    for label, text in facts:
        _fact(sheet, at, label, text, is_strong=label in {"What to do next", "By when"})
        at += 1
    if len(report.tables) > 1:
        at = _tables(sheet, at + 1, report.tables)
    at = _rules(sheet, at + 1, report)
    note = (
        "Row numbers are those that your spreadsheet program shows for your file; the header counts as a row. "
        "Column names are your own headings where we know them. No name, number or other value of a person is in here."
    )
    _merged(sheet, at + 1, 1, note)
    sheet.cell(at + 1, 1).font = Font(name=_FONT, size=9, italic=True, color="5B6777")


def _banner(sheet: Worksheet, row: int, text: str, colour: str, size: int) -> None:
    _merged(sheet, row, 1, text)
    cell = sheet.cell(row, 1)
    ink = "FFFFFF" if colour == "head" else _INKS[colour]
    cell.font = Font(name=_FONT, size=size, bold=True, color=ink)
    cell.fill = PatternFill("solid", fgColor=_FILLS[colour])
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
    sheet.row_dimensions[row].height = size * 1.9 * math.ceil(len(text) * size / 11 / sum(_START_WIDTHS))


def _fact(sheet: Worksheet, row: int, label: str, text: str, *, is_strong: bool) -> None:
    name = sheet.cell(row, 1, label)
    name.font = Font(name=_FONT, size=11, bold=True, color="33415C")
    name.fill = PatternFill("solid", fgColor=_FILLS["label"])
    name.alignment = _WRAP
    _merged(sheet, row, 2, text)
    sheet.cell(row, 2).font = Font(name=_FONT, size=11, bold=is_strong)
    for column in range(1, len(_START_WIDTHS) + 1):
        sheet.cell(row, column).border = _BORDER


def _merged(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """Text over the rest of the page. A merged cell does not grow by itself, so its height is set."""
    sheet.merge_cells(start_row=row, start_column=column, end_row=row, end_column=len(_START_WIDTHS))
    cell = sheet.cell(row, column, safe_cell(text))
    cell.alignment = _WRAP
    width = sum(_START_WIDTHS[column - 1 :])
    sheet.row_dimensions[row].height = _LINE_POINTS * _height_in_lines(text, width) + 4


def _tables(sheet: Worksheet, at: int, tables: Sequence[TableReport]) -> int:
    """What became of every table; gives the first free row."""
    _head(sheet, at, ("Table", "What we did", "Where its rows went", "Rows to fix"))
    for number, table in enumerate(tables, start=at + 1):
        m = table.manifest
        state, word = {
            "loaded": ("part", "Loaded in part") if m.rows_quarantined else ("good", "Loaded"),
            "held": ("held", "Waiting for our word"),
        }.get(m.state, ("part", "Not needed") if words.is_harmless(m) else ("bad", "Not loaded"))
        counts = [
            (m.rows_loaded, "loaded"),
            (m.rows_quarantined, "to fix"),
            (m.rows_duplicate, "repeated"),
            (m.rows_blank, "blank or total"),
        ]
        went = ", ".join(f"{count:,} {what}" for count, what in counts if count)
        text = (f"{m.rows_in:,} rows: {went}" if went else "no rows") if m.state == "loaded" else "none was used"
        _row(sheet, number, (table.label, word, text, m.rows_quarantined or ""), state, coloured=2)
    return at + len(tables) + 1


def _rules(sheet: Worksheet, at: int, report: FileReport) -> int:
    """Counts by rule, with a bar each; gives the first free row."""
    found = report.by_rule()
    if not found:
        return at - 1
    _head(sheet, at, ("How serious", "Rule", "What is wrong", "How many"))
    for number, (kind, rule, wrong, count) in enumerate(found, start=at + 1):
        _row(sheet, number, (KINDS[kind], rule, wrong, count), kind, coloured=1)
    last = at + len(found)
    bar = DataBarRule("num", 0, "max", color="8FB3DE", showValue=True)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(f"D{at + 1}:D{last}", bar)
    return last + 1


def _head(sheet: Worksheet, row: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column, text)
        cell.font = Font(name=_FONT, size=11, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_FILLS["head"])
        where = "center" if text in {"Row in your file", "How many", "Rows to fix"} else "left"
        cell.alignment = Alignment(horizontal=where, vertical="center", wrap_text=True, indent=int(where == "left"))
    sheet.row_dimensions[row].height = 20


def _row(sheet: Worksheet, row: int, values: Sequence[str | int], colour: str, *, coloured: int) -> None:
    lines = 1
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column, safe_cell(value) if isinstance(value, str) else value)
        cell.font = Font(
            name=_FONT, size=11, bold=column == coloured, color=_INKS[colour] if column == coloured else None
        )
        cell.alignment = _CENTRE if column == len(_START_WIDTHS) else _WRAP
        cell.border = _BORDER
        if column == coloured:
            cell.fill = PatternFill("solid", fgColor=_FILLS[colour])
        lines = max(lines, _height_in_lines(str(value), _START_WIDTHS[column - 1]))
    sheet.row_dimensions[row].height = _LINE_POINTS * lines + 3


def _height_in_lines(text: str, width: float) -> int:
    """How many lines ``text`` takes in a column that is so many digits wide; letters are a little narrower."""
    return max(1, len(textwrap.wrap(text, max(1, int(width * 1.15)))))


def _lines(sheet: Worksheet, report: FileReport, lines: Sequence[Line], nothing: str) -> None:
    """One line a row, under a header that stays in sight and can be filtered."""
    left_out = set() if len(report.tables) > 1 else {"Table"}
    if all(line.count == 1 for line in lines):
        left_out.add("How many")
    headings = [h for h in HEADINGS[1:] if h not in left_out]
    _head(sheet, 1, headings)
    sheet.row_dimensions[1].height = 32
    for number, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS[heading]
    sheet.freeze_panes = "A2"
    font, bold = Font(name=_FONT, size=11), Font(name=_FONT, size=11, bold=True)
    fills = {kind: PatternFill("solid", fgColor=_FILLS[kind]) for kind in KINDS}
    inks = {kind: Font(name=_FONT, size=11, bold=True, color=_INKS[kind]) for kind in KINDS}
    for at, line in enumerate(lines[:MAX_LINES], start=2):
        cells = dict(zip(HEADINGS[1:], cells_of(line), strict=True))
        # not every program finds the height of wrapped text by itself
        tall = max(_height_in_lines(str(cells[heading]), _WIDTHS[heading]) for heading in headings)
        sheet.row_dimensions[at].height = _LINE_POINTS * tall + 3
        for number, heading in enumerate(headings, start=1):
            value = cells[heading]
            cell = sheet.cell(at, number, safe_cell(value) if isinstance(value, str) else value)
            cell.alignment = _CENTRE if heading in {"Row in your file", "How many"} else _WRAP
            cell.border = _BORDER
            cell.font = bold if heading == "Row in your file" else font
            if heading == "Severity":
                cell.fill, cell.font = fills[line.kind], inks[line.kind]
    last = max(2, min(len(lines), MAX_LINES) + 1)
    if not lines:
        sheet.cell(2, 1, nothing).font = font
    elif len(lines) > MAX_LINES:
        more = f"These are the first {MAX_LINES:,} of {len(lines):,} lines; the CSV file of the same name has them all."
        sheet.cell(last + 2, 1, more).font = bold
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{last}"
    sheet.print_title_rows = "1:1"


def _print_setup(sheet: Worksheet, report: FileReport) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_LETTER
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.5, 0.75, 0.35
    # an ampersand begins a code there
    footer = sheet.oddFooter
    assert footer is not None and footer.left is not None and footer.right is not None
    footer.left.text = report.stem.replace("&", "&&")
    footer.right.text = "&A, page &P of &N"
