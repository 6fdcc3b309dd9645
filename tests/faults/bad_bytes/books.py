"""Workbooks and archives that partners should not send."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.faults.bad_bytes.rows import SERVICES_HEADER

HEADER: list[Any] = SERVICES_HEADER.split(",")
EXCEL_ROWS = 1_048_576
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(24)
ENCRYPTED = OLE + "EncryptedPackage".encode("utf-16-le") + bytes(64)
LEGACY_XLS = OLE + "Workbook".encode("utf-16-le") + bytes(64)
MAY_DAY = date(2026, 5, 1)

Cells = Sequence[Any]
Change = Callable[[Any, Any], None]


def service_cells(number: int, **values: Any) -> list[Any]:
    """A good row of services as a workbook holds it: a real date, a real number."""
    row = {
        "service_id": f"ZQS{number}",
        "participant_id": f"ZQP{1 + (number - 1) % 6}",
        "service_type": "housing",
        "service_date": MAY_DAY,
        "amount": 100.5 + number,
    }
    return list((row | values).values())


def services_book(*extra: Cells, count: int = 6, sheet: str = "services", change: Change | None = None) -> bytes:
    """``count`` good services, then ``extra``; ``change`` may edit book and sheet before they are saved."""
    rows = [service_cells(number) for number in range(1, count + 1)]
    return book({sheet: [HEADER, *rows, *extra]}, change)


def book(sheets: dict[str, Sequence[Cells]], change: Change | None = None) -> bytes:
    """A workbook of these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    if change is not None:
        change(made, made.worksheets[-1])
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def use_1904(made: Any, _: Any) -> None:
    """Count days from 1904, as old Macs did."""
    made.epoch = CALENDAR_MAC_1904


def with_part(data: bytes, name: str, part: bytes) -> bytes:
    """The archive with one member more, or with another content in it."""
    return _rewritten(data, lambda member, content: part if member == name else content, {name: part})


def with_text(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The archive with a text in one member replaced; it must be there."""

    def edit(member: str, content: bytes) -> bytes:
        if member != name:
            return content
        assert old in content
        return content.replace(old, new)

    return _rewritten(data, edit, {})


def _rewritten(data: bytes, edit: Callable[[str, bytes], bytes], more: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, edit(member, old.read(member)))
        for name, part in more.items():
            if name not in old.namelist():
                new.writestr(name, part)
    return buffer.getvalue()


SHEET_PART = "xl/worksheets/sheet1.xml"
_BOMB = b"""<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "ZQP1ZQP1ZQP1ZQP1"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]>"""
_READER = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def entity_bombs() -> Iterator[bytes]:
    """Entities that unfold, that fetch a file, that hide in UTF-16, or in another part than the sheet."""
    good = services_book()
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        sheet = archive.read(SHEET_PART)
    body = sheet.partition(b"?>")[2] if sheet.startswith(b"<?xml") else sheet
    body = body.replace(b"<v>101.5</v>", b"<v>&e;</v>")
    assert b"&e;" in body
    for prolog in (_BOMB, _READER):
        yield with_part(good, SHEET_PART, prolog + body)
    wide = (_BOMB + body).decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    yield with_part(good, SHEET_PART, wide)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        styles = archive.read("xl/styles.xml")
    yield with_part(good, "xl/styles.xml", _BOMB + (styles.partition(b"?>")[2] or styles))


def full_sheet() -> bytes:
    """A sheet of services filled to the last row that Excel has, written by hand: openpyxl would take a minute."""
    good = services_book(count=1)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        sheet = archive.read(SHEET_PART).decode()
    head, _, tail = sheet.partition("</sheetData>")
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for member in old.namelist():
            if member != SHEET_PART:
                new.writestr(member, old.read(member))
        with new.open(SHEET_PART, "w", force_zip64=True) as part:
            part.write(head.encode())
            for start in range(3, EXCEL_ROWS + 1, 100_000):
                numbers = range(start, min(start + 100_000, EXCEL_ROWS + 1))
                part.write("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in numbers).encode())
            part.write(b"</sheetData>" + tail.encode())
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A plain archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with a member's name overwritten in place, past whatever a library would let one write."""
    assert len(old) == len(new)
    assert data.count(old) == 2  # beside the bytes, and in the directory at the end
    return data.replace(old, new)


def locked(data: bytes) -> bytes:
    """The archive with its only member marked as encrypted, in both places that say so."""
    flagged = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flagged[data.index(signature) + offset] |= 1
    return bytes(flagged)


def lying_bomb(name: str, n_bytes: int) -> bytes:
    """An archive that unpacks to ``n_bytes`` of zeros while its directory promises a hundred."""
    honest = zipped({name: b"0" * n_bytes})
    return honest.replace(n_bytes.to_bytes(4, "little"), (100).to_bytes(4, "little"))


def open_document() -> bytes:
    """What LibreOffice saves by itself."""
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"})


def binary_workbook() -> bytes:
    """An .xlsb."""
    return zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\x83\x01\x00"})


def active_workbooks() -> Iterator[bytes]:
    """Macros, macro sheets, links to other files, embedded objects, a query of a database, a macro's content type."""
    good = services_book()
    for part in (
        "xl/vbaProject.bin",
        "xl/macrosheets/sheet1.xml",
        "xl/externalLinks/externalLink1.xml",
        "xl/embeddings/oleObject1.bin",
        "xl/activeX/activeX1.xml",
        "xl/connections.xml",
    ):
        yield with_part(good, part, b"<x/>")
    sheet = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    yield with_text(good, "[Content_Types].xml", sheet, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
