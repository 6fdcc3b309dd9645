"""Files written row by row and byte for byte the same each time: CSV, workbooks, and workbooks in a zip."""

from __future__ import annotations

import csv
import re
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from openpyxl import Workbook
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from hrtp.samples.errors import SamplesError
from hrtp.samples.render import Cell

EXCEL_MAX_ROWS = 1_048_576
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip can hold
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_CHUNK = 1024 * 1024


class RowSink(Protocol):
    """Where the rows of one entity go."""

    def write(self, cells: Sequence[Cell]) -> None:
        """Append one record."""

    def close(self, trailer: Sequence[Cell] | None) -> None:
        """Write the trailer, if the partner's form has one, and finish."""


class CsvSink:
    """One CSV file."""

    def __init__(self, path: Path, *, encoding: str, delimiter: str, line_end: str) -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._file, delimiter=delimiter, lineterminator=line_end)

    def write(self, cells: Sequence[Cell]) -> None:
        """Append one record."""
        self._writer.writerow(cells)

    def close(self, trailer: Sequence[Cell] | None) -> None:
        """Write the trailer and close the file."""
        if trailer is not None:
            self._writer.writerow(trailer)
        self._file.close()


class SheetSink:
    """One sheet of a workbook that is written to disk as rows come."""

    def __init__(self, sheet: WriteOnlyWorksheet) -> None:
        self._sheet = sheet
        self._rows = 0

    def write(self, cells: Sequence[Cell]) -> None:
        """Append one record; blank cells are left out, as Excel does.

        Raises:
            SamplesError: the sheet is full; the scale is too large for partners that deliver workbooks.
        """
        self._rows += 1
        if self._rows >= EXCEL_MAX_ROWS:
            raise SamplesError(
                f"a sheet holds at most {EXCEL_MAX_ROWS:,} rows; choose a smaller scale or form='canonical'"
            )
        self._sheet.append([None if cell == "" else cell for cell in cells])

    def close(self, trailer: Sequence[Cell] | None) -> None:
        """Sheets have no trailer here; the workbook closes them."""
        if trailer is not None:
            self.write(trailer)


class BookWriter:
    """One workbook, a sheet an entity, at ``path``; inside a zip of the same stem where ``path`` ends in ``.zip``."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self._path, self._scratch = path, scratch
        self._book = Workbook(write_only=True)

    def sheet(self, name: str) -> SheetSink:
        """A new sheet."""
        sheet = self._book.create_sheet(name)
        assert isinstance(sheet, WriteOnlyWorksheet)  # what a write-only workbook makes
        return SheetSink(sheet)

    def close(self, day: date) -> None:
        """Save; the times inside are those of ``day``, so that the bytes do not depend on when this runs."""
        saved = self._scratch / "saved.xlsx"
        self._book.save(saved)
        if self._path.suffix == ".zip":
            book = self._scratch / "plain.xlsx"
            _without_times(saved, book, day)
            with zipfile.ZipFile(self._path, "w") as archive, book.open("rb") as content:
                _add(archive, f"{self._path.stem}.xlsx", content.read, zipfile.ZIP_STORED)
            book.unlink()
        else:
            _without_times(saved, self._path, day)
        saved.unlink()


class _Read(Protocol):
    def __call__(self, size: int, /) -> bytes: ...


def _without_times(source: Path, target: Path, day: date) -> None:
    stamp = f"{day.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name == "docProps/core.xml":
                text = _STAMP.sub(lambda match: match[1] + stamp, old.read(name))
                new.writestr(_entry(name, zipfile.ZIP_DEFLATED), text)
                continue
            with old.open(name) as member:
                _add(new, name, member.read, zipfile.ZIP_DEFLATED)


def _add(archive: zipfile.ZipFile, name: str, read: _Read, method: int) -> None:
    with archive.open(_entry(name, method), "w", force_zip64=True) as target:
        while chunk := read(_CHUNK):
            target.write(chunk)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = method
    entry.external_attr = 0o644 << 16
    return entry


def fresh_folder(path: Path) -> Path:
    """An empty folder at ``path``."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
