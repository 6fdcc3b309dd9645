"""Workbooks on which the workbook library fails or guesses; each was found by spoiling files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from hrtp.errors import FileRejected
from hrtp.reading.soundness import rejects_damage
from tests.properties.corpus import zipped
from tests.unit.reading_world import SERVICES_HEADER, code, column, read, workbook

ROWS = [
    SERVICES_HEADER.split(","),
    *([f"S{i}", "P1", "housing", "2026-05-01", i] for i in range(1, 4)),
]
SHEET = "xl/worksheets/sheet1.xml"


def spoiled(old: bytes, new: bytes, member: str = SHEET) -> bytes:
    """The good workbook with one thing replaced in one of its parts."""
    with zipfile.ZipFile(io.BytesIO(workbook(ROWS))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert old in members[member]
    members[member] = members[member].replace(old, new, 1)
    return zipped(members)


def result(data: bytes) -> str | None:
    return code(read(data, "services_20260930.xlsx"))


def test_the_good_workbook_loads() -> None:
    table = read(workbook(ROWS), "services_20260930.xlsx")
    assert column(table, "service_id") == ["S1", "S2", "S3"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="E2"', b'r="E0"'),
        (b'r="E2"', b'r=""'),
        (b'r="E2"', b'r="ZZZZZZZ2"'),
        (b'r="E2"', b'r="XFE2"'),
        (b'r="E2"', b'r="B2"'),
        (b'r="E2"', b'r="E3"'),
        (b'<row r="3"', b'<row r="2"'),
        (b'<row r="3"', b'<row r="x"'),
        (b'<row r="3"', b'<row r="1048577"'),
        (b"</row>", b""),
        (b"<v>1</v>", b"<v>1</w>"),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:"/></mergeCells>'),
        (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"1"),
        (b't="inlineStr"', b't="b"'),
        (b't="inlineStr"', b't="X"'),
        (b't="inlineStr"', b't="s"'),
    ],
)
def test_a_sheet_whose_cells_are_not_in_order_is_rejected_as_damaged(old: bytes, new: bytes) -> None:
    assert result(spoiled(old, new)) == "TRUNCATED"


def _far(_: Any, page: Any) -> None:
    page["XFD1048570"] = "x"


def _wide(_: Any, page: Any) -> None:
    page["XFD3"] = "x"


def test_one_stray_cell_in_the_last_corner_is_refused_and_does_not_kill_the_process() -> None:
    assert result(workbook(ROWS, change=_far)) == "ARCHIVE_LIMIT"


def test_a_stray_cell_beside_the_table_is_looked_past() -> None:
    table = read(workbook(ROWS, change=_wide), "services_20260930.xlsx")
    assert (code(table), column(table, "service_id")) == (None, ["S1", "S2", "S3"])


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/styles.xml", SHEET])
def test_a_document_type_in_any_part_is_refused(member: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "ha">]><'
    assert result(spoiled(b"<", bomb, member)) in {"XML_ENTITIES", "TRUNCATED"}
    assert result(spoiled(b"<workbook", bomb[21:] + b"workbook", "xl/workbook.xml")) == "XML_ENTITIES"


def _panic() -> None:
    raise type("PanicException", (BaseException,), {})("native code, with a value in its text")


def _library_error() -> None:
    raise RuntimeError("a value")


@pytest.mark.parametrize("fails", [_panic, _library_error])
def test_whatever_a_library_raises_over_damaged_bytes_is_a_rejection_without_its_text(
    fails: Callable[[], None],
) -> None:
    with pytest.raises(FileRejected) as failure, rejects_damage():
        fails()
    assert failure.value.code == "TRUNCATED"
    assert "value" not in str(failure.value)


def test_an_interrupt_is_no_damage() -> None:
    with pytest.raises(KeyboardInterrupt), rejects_damage():
        raise KeyboardInterrupt


def test_a_zip_whose_packed_bytes_are_spoiled_is_rejected() -> None:
    packed = bytearray(zipped({"services_20260930.csv": (SERVICES_HEADER + "\n").encode() * 50}))
    packed[70:80] = b"\xff" * 10
    assert code(read(bytes(packed), "services_20260930.zip")) == "TRUNCATED"
