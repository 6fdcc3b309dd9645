"""Files made to hurt the reader: none takes its memory, its process, or a file of the machine."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from hrtp.reading import EntityTable, read_file
from hrtp.sources import load_source
from tests.unit.reading_world import CONTRACTS

PROJECT = Path(__file__).resolve().parents[2]
HEADER = ["service_id", "participant_id", "service_type", "service_date"]
#: More than a sound file of this size ever needs, and far less than what the attacks ask for.
MEMORY = 4 * 1024**3


def workbook(*, far: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "services"
    sheet.append(HEADER)
    sheet.append(["S1", "P1", "housing", "2026-05-01"])
    if far:
        sheet.cell(row=1_000_000, column=16_384, value="x")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repacked(data: bytes, rename: dict[str, str], replace: dict[bytes, bytes], also: dict[str, bytes]) -> bytes:
    """The same archive with other member names, other bytes in every member, and more members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            for before, after in replace.items():
                content = content.replace(before, after)
            new.writestr(rename.get(name, name), content)
        for name, content in also.items():
            new.writestr(name, content)
    return buffer.getvalue()


def moved(data: bytes, part: str) -> bytes:
    """The sheet's part under another name, which the workbook tells."""
    return repacked(
        data,
        {"xl/worksheets/sheet1.xml": f"xl/{part}"},
        {b"/xl/worksheets/sheet1.xml": f"/xl/{part}".encode()},
        {},
    )


def member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def doctype(text: str, encoding: str = "utf-8") -> bytes:
    """A workbook whose shared strings declare a document type."""
    declared = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE sst [{text}]><sst><si><t>&x;</t></si></sst>'
    return repacked(
        workbook(), {"xl/sharedStrings.xml": "xl/old.xml"}, {}, {"xl/sharedStrings.xml": declared.encode(encoding)}
    )


LAUGHS = "".join(
    f'<!ENTITY {chr(98 + i)} "{"&" + chr(97 + i) + ";" * 1}{("&" + chr(97 + i) + ";") * 9}">' for i in range(9)
)
FAR_SHEET = member(workbook(far=True), "xl/worksheets/sheet1.xml")
ATTACKS = {
    "a cell in the far corner": (workbook(far=True), "ARCHIVE_LIMIT"),
    "the same in a folder of its own": (moved(workbook(far=True), "evil/sheet1.xml"), "TRUNCATED"),
    "the same under another ending": (moved(workbook(far=True), "worksheets/sheet1.dat"), "TRUNCATED"),
    "the same in capitals": (moved(workbook(far=True), "worksheets/sheet1.XML"), "TRUNCATED"),
    "a second part of the same name": (
        repacked(workbook(), {}, {}, {"xl/worksheets/sheet1.xml": FAR_SHEET}), "TRUNCATED",
    ),
    "a second part of the same name in capitals": (
        repacked(workbook(), {}, {}, {"XL/worksheets/Sheet1.xml": FAR_SHEET}), "TRUNCATED",
    ),
    "a billion laughs": (doctype('<!ENTITY a "ha">' + LAUGHS + '<!ENTITY x "&j;">'), "XML_ENTITIES"),
    "a file of the machine": (doctype('<!ENTITY x SYSTEM "file:///etc/passwd">'), "XML_ENTITIES"),
    "a request to elsewhere": (doctype('<!ENTITY x SYSTEM "http://127.0.0.1:1/x">'), "XML_ENTITIES"),
    "the same in another encoding": (doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "utf-16"), "XML_ENTITIES"),
}  # fmt: skip


def read(data: bytes, name: str = "services_20260930.xlsx") -> EntityTable:
    source = load_source(PROJECT / "sources" / "construction.yml")
    (table,) = read_file(data, name, ("services",), source, CONTRACTS)
    return table


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_sound_workbook_is_read() -> None:
    table = read(workbook())
    assert (table.rejected, table.rows_in) == (None, 1)


IN_A_CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from pathlib import Path
from tests.security.test_hostile_files import read
for path in sys.argv[1:]:
    table = read(Path(path).read_bytes())
    print(table.rejected.code if table.rejected else "READ", flush=True)
"""


def test_every_hostile_workbook_is_refused_by_a_process_that_lives_on(tmp_path: Path) -> None:
    paths = []
    for number, (data, _) in enumerate(ATTACKS.values()):
        paths.append(tmp_path / f"{number}.xlsx")
        paths[-1].write_bytes(data)
    command = [sys.executable, "-c", IN_A_CHILD.format(memory=MEMORY), *map(str, paths)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert dict(zip(ATTACKS, done.stdout.split(), strict=False)) == {what: code for what, (_, code) in ATTACKS.items()}
    assert done.returncode == 0


def test_a_zip_that_inflates_to_gigabytes_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("services_20260930.csv", "w") as out:
        for _ in range(256):
            out.write(b"0" * 1024**2)
    code = IN_A_CHILD.format(memory=MEMORY // 4).replace(
        "read(Path(path).read_bytes())", "read(Path(path).read_bytes(), 'construction_20260930.zip')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(bomb)], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout.split() == ["ARCHIVE_LIMIT"]


def test_quotes_that_never_close_and_endless_lines_end_as_a_rejection() -> None:
    header = ",".join(HEADER)
    quoted = read(f'{header}\n"{"x" * 3_000_000}'.encode(), "services_20260930.csv")
    assert quoted.rejected is not None
    nested = read((header + "\n" + '"' * 2_000_001).encode(), "services_20260930.csv")
    assert nested.rejected is not None
