"""The workbook that a steward fills in: two records side by side, and three columns for the steward's word.

It holds names, so it is written into the restricted zone alone (``identity/review/``, 0600).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from hrtp.cells import safe_cell
from hrtp.errors import HrtpError
from hrtp.identity.compared import COMPARED
from hrtp.identity.decisions import DecisionRefused
from hrtp.identity.files import REVIEWS
from hrtp.landing import write_atomically
from hrtp.settings import Settings
from hrtp.stewardship.desk import Desk
from hrtp.stewardship.review import Candidate, short
from hrtp.workbooks import fixed_bytes

SHEET = "Pairs"
#: The three that the steward fills in.
ASKED = ("decision", "why", "by")
_KEPT = ("pair", "seen")
_TOLD = ("what", "probability", "reasons")
_SIDES = ("left", "right")
_WIDTHS = {"what": 10, "probability": 12, "reasons": 34, "decision": 12, "why": 40, "by": 18}
_HEAD, _ASK, _DIFFERS = "1F3A5F", "FFF7DB", "FBE1E1"
_THIN = Border(bottom=Side(style="thin", color="D5DBE3"))
_TEXT = "@"
#: More than a person works off, and than a workbook of ours ever holds.
MAX_ROWS = 50_000


class NotInZone(HrtpError):
    """A workbook with names is to lie where others look."""

    code = "NOT_IN_RESTRICTED_ZONE"


@dataclass(frozen=True)
class BookRow:
    """One row as the steward left it; ``number`` is the row that the spreadsheet shows."""

    number: int
    pair: str
    seen: str
    verdict: str
    why: str
    by: str


def headings() -> list[str]:
    """All columns, in their order."""
    fields = [f"{name} {side}" for name in ("record", *COMPARED) for side in _SIDES]
    return [*_TOLD, *fields, *ASKED, *_KEPT]


def place(settings: Settings, path: Path) -> Path:
    """Where a workbook of that name lies.

    Raises:
        NotInZone: for any place but the folder of reviews.
    """
    folder = settings.identity / REVIEWS
    settings.make_zones()
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    target = (folder / path.expanduser()).absolute()
    if target.resolve().parent != folder.resolve() or target.suffix.lower() != ".xlsx":
        raise NotInZone(f"the list holds names and stays in {folder}; give a plain name that ends in .xlsx")
    return target


def write_book(desk: Desk, candidates: Sequence[Candidate], path: Path) -> Path:
    """Write the list for a steward to fill in (0600); gives the path.

    Raises:
        NotInZone: where it would leave the restricted zone.
        DecisionRefused: where a workbook of that name is there; somebody may have filled it in.
    """
    target = place(desk.settings, path)
    if target.exists():
        raise DecisionRefused(
            f"{target} is there already, and may be filled in. Read it with `hrtp identity decide --from`, remove it, "
            "or give another name",
            code="WORKBOOK_EXISTS",
        )
    write_atomically(target, book_bytes(desk, candidates), 0o600)
    return target


def book_bytes(desk: Desk, candidates: Sequence[Candidate]) -> bytes:
    """The workbook; the same list gives the same bytes."""
    desk.read(record for candidate in candidates for record in candidate.pair)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    names = headings()
    for column, name in enumerate(names, start=1):
        cell = sheet.cell(1, column, name)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name, 20)
        sheet.column_dimensions[get_column_letter(column)].hidden = name in _KEPT
    for number, candidate in enumerate(candidates[:MAX_ROWS], start=2):
        cells = _cells(desk, candidate)
        for column, name in enumerate(names, start=1):
            cell = sheet.cell(number, column, safe_cell(cells[name]) if cells[name] else None)
            cell.number_format = _TEXT
            cell.border = _THIN
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if name in ASKED:
                cell.fill = PatternFill("solid", fgColor=_ASK)
            elif _differs(cells, name):
                cell.fill = PatternFill("solid", fgColor=_DIFFERS)
    last = max(2, len(candidates) + 1)
    choice = DataValidation(type="list", formula1='"merge,apart"', allow_blank=True)
    letter = get_column_letter(names.index("decision") + 1)
    choice.add(f"{letter}2:{letter}{last}")
    sheet.add_data_validation(choice)
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{last}"
    return fixed_bytes(book, "HRTP identity review", datetime.combine(desk.as_of, time(), UTC))


def _cells(desk: Desk, candidate: Candidate) -> dict[str, str]:
    probability, standing = candidate.match_probability, candidate.decision
    decided = f"decided {standing.verdict}, number {standing.number}" if standing else None
    cells = {
        "what": candidate.what,
        "probability": f"{probability:.4f}" if probability is not None else "",
        "reasons": " | ".join(filter(None, [*candidate.reasons.split("|"), candidate.blocked, decided])),
        "pair": candidate.token,
        "seen": short(desk.seen(candidate.pair)),
        **dict.fromkeys(ASKED, ""),
    }
    for side, record in zip(_SIDES, candidate.pair, strict=True):
        cells[f"record {side}"] = desk.shown(record)
        cells |= {f"{name} {side}": value or "" for name, value in desk.says(record).items()}
    return cells


def _differs(cells: dict[str, str], name: str) -> bool:
    stem, _, side = name.rpartition(" ")
    if side not in _SIDES or stem == "record":
        return False
    left, right = (cells[f"{stem} {one}"].casefold() for one in _SIDES)
    return bool(left and right and left != right)


def read_book(path: Path) -> list[BookRow]:
    """The rows of a workbook that a steward has filled in.

    Raises:
        DecisionRefused: where the file is no such workbook.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError):
        raise DecisionRefused(f"{path} is not there, or is no XLSX workbook", code="NOT_A_WORKBOOK") from None
    try:
        if SHEET not in book.sheetnames:
            raise _no_list(path)
        rows = book[SHEET].iter_rows(values_only=True)
        heads = [str(cell).strip().casefold() if cell is not None else "" for cell in next(rows, ())]
        if any(heads.count(name) != 1 for name in (*ASKED, *_KEPT)):
            raise _no_list(path)
        at = {name: heads.index(name) for name in (*ASKED, *_KEPT)}
        found = []
        for number, row in enumerate(rows, start=2):
            texts = {name: _text(row[column]) if column < len(row) else "" for name, column in at.items()}
            if any(texts.values()):
                verdict = texts.pop("decision")
                found.append(BookRow(number=number, verdict=verdict, **texts))
        return found
    finally:
        book.close()


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell).strip()
    return text[1:] if text.startswith("'") else text


def _no_list(path: Path) -> DecisionRefused:
    return DecisionRefused(
        f"{path} is no review list: it needs the sheet {SHEET} with the columns {', '.join((*ASKED, *_KEPT))}",
        code="NOT_A_WORKBOOK",
    )
