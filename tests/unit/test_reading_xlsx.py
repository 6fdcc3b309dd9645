"""Workbooks and archives."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest

from tests.unit.reading_world import SERVICES_HEADER, code, column, read, services, workbook

NAME = "construction_20260930.xlsx"
HEADER: list[Any] = SERVICES_HEADER.split(",")


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def test_cells_become_text_dates_and_plain_numbers() -> None:
    data = workbook(
        [
            HEADER,
            ["007", 12345, "housing", date(2026, 5, 1), 22.5],
            ["8", "P2", "legal", datetime(2026, 5, 2), 3],
            [],
            ["9", "P3", "legal", 46143, None],
        ]
    )
    table = read(data, NAME)
    assert (table.rows_in, table.rows_blank, column(table, "row_number")) == (4, 1, [2, 3, 5])
    assert column(table, "service_id") == ["007", "8", "9"]
    assert column(table, "participant_id") == ["12345", "P2", "P3"]
    assert column(table, "service_date") == ["2026-05-01", "2026-05-02", "2026-05-01"]
    assert column(table, "amount") == ["22.5", "3", None]
    assert table.warnings["SERIAL_DATE", "service_date"] == 1


def test_the_1904_epoch_is_honoured() -> None:
    def change(book: Any, page: Any) -> None:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book.epoch = CALENDAR_MAC_1904

    data = workbook([HEADER, ["1", "P", "legal", 44681, 1]], change=change)
    assert column(read(data, NAME), "service_date") == ["2026-05-01"]


def test_a_formula_without_a_saved_value_and_an_error_cell_are_bad_rows() -> None:
    data = workbook(
        [
            HEADER,
            ["1", "P", "legal", date(2026, 5, 1), "=1+1"],
            ["2", "P", "legal", date(2026, 5, 1), "#REF!"],
            ["3", "P", "legal", date(2026, 5, 1), 1],
        ]
    )
    assert column(read(data, NAME), "_read_issue") == ["FORMULA", "FORMULA", None]


def test_a_merged_header_is_rejected() -> None:
    data = workbook(
        [HEADER, ["1", "P", "legal", date(2026, 5, 1), 1]], change=lambda book, page: page.merge_cells("A1:B1")
    )
    assert code(read(data, NAME)) == "HEADER_MERGED"


def test_a_missing_sheet_is_rejected_and_a_hidden_one_is_read_with_a_warning() -> None:
    assert code(read(workbook([HEADER], sheet="other"), NAME)) == "SHEET_MISSING"

    def hide(book: Any, page: Any) -> None:
        book.create_sheet("front")
        page.sheet_state = "hidden"

    table = read(workbook([HEADER, ["1", "P", "legal", date(2026, 5, 1), 1]], change=hide), NAME)
    assert (len(table.frame), table.warnings["HIDDEN_ROWS", "sheet"]) == (1, 1)


@pytest.mark.parametrize(
    ("rejection", "data", "name"),
    [
        ("MACRO", zipped(**{"xl__workbook.xml": b"<workbook/>", "xl__vbaProject.bin": b"x"}), NAME),
        ("ENCRYPTED", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), NAME),
        ("UNSUPPORTED", b"\xd0\xcf\x11\xe0legacy", NAME),
        ("UNSUPPORTED", zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), NAME),
        ("CONTENT_TYPE", services().encode(), NAME),
        ("NOT_CSV", workbook([HEADER]), "services_20260930.csv"),
        ("ARCHIVE_SHAPE", zipped(**{"a.csv": b"x", "b.csv": b"y"}), "services_20260930.zip"),
        ("ARCHIVE_SHAPE", zipped(**{"a.zip": zipped(**{"b.csv": b"x"})}), "services_20260930.zip"),
        ("PATH_TRAVERSAL", zipped(**{"..__evil.csv": b"x"}), "services_20260930.zip"),
        ("ARCHIVE_LIMIT", zipped(**{"services_20260930.csv": b"0" * 50_000_000}), "services_20260930.zip"),
        ("TRUNCATED", zipped(**{"services_20260930.csv": b"0,1\n" * 500})[:60], "services_20260930.zip"),
    ],
    # an archive holds the second in which it was made: no name for a test
    ids=lambda value: "data" if isinstance(value, bytes) else value,
)
def test_dangerous_or_foreign_containers_are_rejected(rejection: str, data: bytes, name: str) -> None:
    assert code(read(data, name)) == rejection


def test_a_zip_of_one_export_reads_like_the_export() -> None:
    inner = services("S1,P1,housing,2026-05-01,1").encode()
    assert column(read(zipped(**{"services_20260930.csv": inner}), "services_20260930.zip"), "service_id") == ["S1"]
    book = workbook([HEADER, ["S1", "P1", "housing", date(2026, 5, 1), 1]])
    assert column(read(zipped(**{"export.xlsx": book}), "construction_20260930.zip"), "service_id") == ["S1"]
