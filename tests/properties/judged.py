"""What may become of a spoiled file: every row accounted for, or a reason code. Anything else is a fault of ours."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

import openpyxl

from hrtp.contracts.load import load_catalogue
from hrtp.reading import EntityTable, read_file
from hrtp.reading.table import Form, forms_of, match_header
from tests.properties.corpus import CONTRACTS, PROJECT, Seed
from tests.properties.strict import disagreement, is_blank, strict_records, strict_text

#: INTERNAL says that the loader itself stumbled: of all codes the one that no file may earn.
CODES = frozenset(load_catalogue(PROJECT)) - {"INTERNAL"}


class Unaccounted(AssertionError):
    """A row, a value or a code that nobody can answer for; the message holds no value."""


@dataclass
class Tally:
    """Figures of a run."""

    files: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    cells_checked: int = 0
    tables_checked: int = 0
    gated: int = 0
    ingested: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            if isinstance(value, Counter):
                getattr(self, name).update(value)
            else:
                setattr(self, name, getattr(self, name) + value)


def read_and_judge(seed: Seed, data: bytes, tally: Tally) -> list[EntityTable]:
    """Read ``data`` in the place of the seed; gives the tables that read."""
    tables = list(read_file(data, seed.name, seed.entities, seed.source, CONTRACTS))
    if not tables:
        raise Unaccounted("no table, and no rejection either")
    tally.files += 1
    good = []
    for table in tables:
        if table.rejected is not None:
            _known([table.rejected.code])
            tally.tables["rejected"] += 1
            tally.codes[table.rejected.code] += 1
            continue
        _reconciled(table)
        tally.tables["reconciled"] += 1
        tally.rows += table.rows_in
        form = next(f for f in forms_of(seed.source, CONTRACTS[table.entity]) if f.name == table.form)
        cells = _second_reading(seed, data, table, form)
        tally.cells_checked += cells
        tally.tables_checked += cells > 0
        good.append(table)
    return good


def _known(codes: Iterable[object]) -> None:
    unknown = {code for code in codes if code not in CODES}
    if unknown:
        raise Unaccounted(f"codes that the catalogue lacks: {unknown}")


def _reconciled(table: EntityTable) -> None:
    frame = table.frame
    if table.rows_in != table.rows_blank + len(frame):
        raise Unaccounted(f"{table.rows_in} rows in, {table.rows_blank} blank and {len(frame)} in the frame")
    numbers = list(frame["row_number"])
    if numbers != sorted(set(numbers)) or (numbers and numbers[0] < 2):
        raise Unaccounted("row numbers repeat or run backwards")
    issues = [c for c in frame if c == "_read_issue" or c.endswith("__issue")]
    _known(code for column in issues for code in frame[column].dropna().unique())
    _known(code for code, _ in table.warnings)


def _second_reading(seed: Seed, data: bytes, table: EntityTable, form: Form) -> int:
    """Compare with an independent reading where that one is certain; gives the number of cells compared."""
    records = _as_csv(data, form) if not _is_book(data) else _as_book(seed, data, table.entity, form)
    if records is None:
        return 0
    number, header = next(
        ((n, r) for n, r in enumerate(records, 1) if n > form.skip_rows and not is_blank(r)), (0, list[str]())
    )
    body = {n: r for n, r in enumerate(records, 1) if n > number and not is_blank(r)}
    if form.trailer_marker is not None:
        body = {n: r for n, r in body.items() if not r[0].strip().startswith(form.trailer_marker)}
    frame = table.frame
    if [*frame["row_number"]] != [*body]:
        raise Unaccounted(f"{len(frame)} rows read, {len(body)} rows stand in the file, or elsewhere")
    columns, tokens = CONTRACTS[table.entity].columns, CONTRACTS[table.entity].parameters.null_tokens
    positions = match_header(header, form, CONTRACTS[table.entity]).positions
    compared = 0
    for row in frame.where(frame.notna(), None).to_dict("records"):
        cells = body[row["row_number"]]
        if row["_read_issue"] is not None:
            continue
        if len(cells) != len(header) and not _is_book(data):
            raise Unaccounted("a ragged row was read as a whole one")
        for name, position in positions.items():
            cell = cells[position] if position < len(cells) else ""
            why = disagreement(cell, row[name], row.get(f"{name}__issue"), columns[name], form, tokens)
            if why is not None:
                raise Unaccounted(f"{table.entity}.{name}, row {row['row_number']}: {why}")
            compared += 1
    return compared


def _is_book(data: bytes) -> bool:
    inner = _unwrapped(data)
    return inner.startswith(b"PK") and "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(inner)).namelist()


def _unwrapped(data: bytes) -> bytes:
    """The one file of an archive that is no workbook, else the bytes themselves."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "xl/workbook.xml" in archive.namelist():
            return data
        names = [n for n in archive.namelist() if not n.startswith("__MACOSX/") and not n.endswith("/")]
        return archive.read(names[0])


def _as_csv(data: bytes, form: Form) -> list[list[str]] | None:
    text = strict_text(_unwrapped(data), form.encoding)
    return None if text is None else strict_records(text, form.delimiter)


def _as_book(seed: Seed, data: bytes, entity: str, form: Form) -> list[list[str]] | None:
    """By openpyxl; None where it cannot open the workbook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(_unwrapped(data)), data_only=True, keep_links=False)
            names = {name.strip().casefold(): name for name in book.sheetnames}
            wanted = [seed.source.mapping(entity).sheet or entity, entity]
            sheet = book[next(names[w.casefold()] for w in wanted if w.casefold() in names)]
            return [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        except Exception:  # it need not be able to read what calamine can
            return None


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "Y" if value else "N"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def gate_and_judge(seed: Seed, table: EntityTable) -> None:
    """The gate's verdict adds up: what is bad, what came twice, and what loads are the rows of the file."""
    from hrtp.gate import run_gate

    frame = table.frame
    day = seed.data_through
    result = run_gate(frame, CONTRACTS[table.entity], seed.source, data_through=day, received_date=day)
    _known(code for code in (result.rejected, result.held) if code is not None)
    _known(finding.rule_id for finding in result.findings)
    bad = {finding.row_number for finding in result.findings if finding.severity == "error"}
    twice = set(result.duplicates) - bad
    known = set(frame["row_number"])
    if not (bad | twice) <= known:
        raise Unaccounted("the gate names rows that the file has not")
    loaded = len(known - bad - twice)
    if table.rows_in != loaded + len(bad) + len(twice) + table.rows_blank:
        raise Unaccounted("rows in differ from loaded, bad, duplicate and blank ones")
    refused = set(frame.loc[frame["_read_issue"].notna(), "row_number"])
    if result.rejected is None and not refused <= bad:
        raise Unaccounted("a row that the reader refused would load")
