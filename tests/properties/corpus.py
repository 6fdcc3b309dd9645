"""Good files to spoil: every partner's own exports, cut to a few rows, and forms that a partner may declare yet."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from hrtp.contracts import load_contracts
from hrtp.landing import parse_file_name
from hrtp.samples import generate
from hrtp.sources import SourceConfig, load_sources

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = load_contracts(PROJECT)
ROWS = 16
SERVICES = ["service_id", "participant_id", "service_type", "service_date", "amount"]
KINDS = ("housing", "childcare", "legal", "transportation")


@dataclass(frozen=True)
class Seed:
    """One good file: whose, under which name, holding which entities."""

    source: SourceConfig
    name: str
    data: bytes
    entities: tuple[str, ...]
    data_through: date

    @property
    def is_archive(self) -> bool:
        return self.data.startswith(b"PK")


def corpus() -> list[Seed]:
    """The same seeds at every call."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), seed=5)
        return [*_samples(Path(folder)), *_other_forms()]


def _samples(folder: Path) -> Iterator[Seed]:
    for source in load_sources(PROJECT).values():
        for path in sorted((folder / source.source).iterdir()):
            if "202608" not in path.name and "202603" not in path.name:
                yield _seed(source, path.name, _cut(path.read_bytes(), source))


def _seed(source: SourceConfig, name: str, data: bytes) -> Seed:
    entities = tuple(entity for entity, contract in CONTRACTS.items() if source.kind in contract.kinds)
    parsed = parse_file_name(name, source, entities)
    assert parsed is not None, name
    return Seed(source, name, data, parsed.entities, parsed.data_through)


def _cut(data: bytes, source: SourceConfig) -> bytes:
    """The first rows of a CSV, under a trailer that still holds; workbooks as they are, sheet by sheet."""
    if data.startswith(b"PK"):
        return _cut_archive(data)
    lines = data.splitlines(keepends=True)
    trailer = source.format.trailer
    if trailer is None:
        return b"".join(lines[: ROWS + 1])
    body = [line for line in lines[1:-1] if line.strip(b" ;\r\n")][:ROWS]
    total = f"{trailer.marker}{source.format.delimiter}{len(body)}\r\n".encode(source.format.encoding)
    return b"".join([lines[0], *body, total])


def _cut_archive(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if names != [names[0]]:
            return _cut_book(data)
        inner = _cut_book(archive.read(names[0]))
    return zipped({names[0]: inner})


def _cut_book(data: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        sheet.delete_rows(ROWS, sheet.max_row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """As a file, without the times at which it was made."""
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"})


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these members, the same bytes at every call."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
    return buffer.getvalue()


def intermediary(**changes: Any) -> SourceConfig:
    """A partner of the construction sector in whatever form is asked for."""
    document: dict[str, Any] = {
        "source": "construction",
        "name": "Construction",
        "kind": "sector_intermediary",
        "sector": "construction",
        "owner": {"name": "Desk", "email": "desk@example.org"},
        "transport": {"url": "file:/nowhere"},
    }
    return SourceConfig.model_validate(document | changes)


def services(delimiter: str = ",", end: str = "\r\n", quote: str = "") -> list[str]:
    rows = [SERVICES] + [[f"S{i}", f"P{i % 5}", KINDS[i % 4], f"2026-0{1 + i % 9}-11", f"{i}.5"] for i in range(ROWS)]
    return [delimiter.join(f"{quote}{cell}{quote}" for cell in row) + end for row in rows]


def _other_forms() -> Iterator[Seed]:
    name, plain = "services_20260930.csv", "".join(services())
    yield _seed(intermediary(), "services_20260930.zip", zipped({name: plain.encode()}))
    yield _seed(intermediary(), name, plain.encode("utf-16"))
    yield _seed(intermediary(), name, ("\ufeff" + "".join(services(quote='"', end="\n"))).encode())
    utf16 = {"encoding": "utf-16", "delimiter": "\t", "skip_rows": 2}
    text = "Report\r\nof today\r\n" + "".join(services("\t"))
    yield _seed(intermediary(format=utf16), name, text.encode("utf-16"))
    pipes = {"delimiter": "|", "encoding": "cp1252", "trailer": {"marker": "END", "count_column": 2}}
    yield _seed(intermediary(format=pipes), name, ("".join(services("|")) + f"END|{ROWS}\r\n").encode("cp1252"))
    texts = [
        "program_id,program_name,sector,program_type,development_status,status_date,provider_name",
        'G1,"Framing, ""rough"" and\nfinish",construction,training,developed,2026-01-05,"Sí, Señor"',
        'G2,"Two\r\nlines",construction,apprenticeship,existing,,"=1+1"',
        "",
        'G3,Plain,construction,training,planned,,"a ""b"""',
    ]
    yield _seed(intermediary(), "programs_20260930.csv", "\n".join(texts).encode())
    yield _seed(intermediary(), "construction_20260930.xlsx", _workbook())


def _workbook() -> bytes:
    """With shared strings, real dates, numbers, formulas, a merged cell below the data and a second sheet."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "services"
    page.append(SERVICES)
    for i in range(ROWS):
        page.append([f"S{i}", f"P{i % 5}", KINDS[i % 4], date(2026, 1 + i % 9, 11), i * 1.5])
    page["G3"] = "=1+1"
    programs = book.create_sheet("programs")
    programs.append(["program_id", "program_name", "sector", "program_type", "development_status"])
    for i in range(5):
        programs.append([i, f"Program é{i}", "construction", "training", "existing"])
    programs.merge_cells("A9:B9")
    return _with_shared_strings(saved(book))


def _with_shared_strings(data: bytes) -> bytes:
    """As Excel writes it: texts stand once in a part of their own, cells hold their numbers."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    texts: list[bytes] = []

    def share(match: re.Match[bytes]) -> bytes:
        if match[2] not in texts:
            texts.append(match[2])
        return b'<c %st="s"><v>%d</v></c>' % (match[1], texts.index(match[2]))

    for name in [name for name in members if name.startswith("xl/worksheets/")]:
        members[name] = re.sub(rb'<c ([^>]*)t="inlineStr"><is>(.*?)</is></c>', share, members[name], flags=re.DOTALL)
    items = b"".join(b"<si>%s</si>" % text for text in texts)
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (namespace, items)
    for name, closing, part in (
        (
            "[Content_Types].xml",
            b"</Types>",
            b'<Override PartName="/xl/sharedStrings.xml" ContentType='
            b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            b"</Relationships>",
            b'<Relationship Id="rId99" Target="sharedStrings.xml" Type='
            b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>',
        ),
    ):
        members[name] = members[name].replace(closing, part + closing)
    return zipped(members)
