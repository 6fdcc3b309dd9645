"""The same rows in every form that a partner may choose: order, encoding, quoting, workbook, archive, own words."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random

import openpyxl

from hrtp.sources import SourceConfig
from tests.oracle_records import Row
from tests.properties.corpus import CONTRACTS, saved, zipped

Table = Sequence[Row]


@dataclass(frozen=True)
class Form:
    """How one table is written. ``own`` is the source's declared form: its headers, labels, days, nulls, trailer."""

    shuffled: bool = False
    columns_shuffled: bool = False
    encoding: str = "utf-8"
    end: str = "\n"
    delimiter: str = ","
    quote_all: bool = False
    own: bool = False
    zipped: bool = False


PLAIN = Form()


def columns_of(entity: str) -> list[str]:
    return list(CONTRACTS[entity].columns)


def canonical(entity: str, row: Row) -> list[str]:
    """The cells of a row in the contract's order; PIRL writes its days without hyphens."""
    cells = []
    for name, column in CONTRACTS[entity].columns.items():
        value = row.get(name.removeprefix("pirl_")) or row.get(name) or ""
        cells.append(value.replace("-", "") if column.type == "date" and entity == "pirl" else value)
    return cells


def grid(entity: str, rows: Table, form: Form, source: SourceConfig, random: Random) -> list[list[str]]:
    """Header and cells in the form's words and order."""
    names = columns_of(entity)
    cells = [canonical(entity, row) for row in rows]
    header = [name.removeprefix("pirl_") for name in names]
    if form.own:
        header = [next(iter(source.mapping(entity).columns.get(n, ())), h) for n, h in zip(names, header, strict=True)]
        cells = [[_in_own_words(source, entity, n, c) for n, c in zip(names, line, strict=True)] for line in cells]
    if form.shuffled:
        random.shuffle(cells)
    order = list(range(len(names)))
    if form.columns_shuffled:
        random.shuffle(order)
    return [[line[i] for i in order] for line in [header, *cells]]


def _in_own_words(source: SourceConfig, entity: str, name: str, cell: str) -> str:
    mapping, column = source.mapping(entity), CONTRACTS[entity].columns[name]
    if not cell:
        typed = column.type not in {"id", "text"} and source.null_values
        return source.null_values[0] if typed else ""
    if column.type == "date" and source.dates_of(entity):
        return datetime.strptime(cell, column.date_formats[0]).strftime(source.dates_of(entity)[0])
    labels = {code: label for label, code in mapping.values.get(name, {}).items()}
    return "|".join(labels.get(part, part) for part in cell.split("|"))


def as_csv(entity: str, rows: Table, form: Form, source: SourceConfig, random: Random) -> bytes:
    """One CSV file."""
    if form.own:
        form = replace(form, encoding=source.format.encoding, delimiter=source.format.delimiter)
    lines = grid(entity, rows, form, source, random)
    trailer = source.format.trailer if form.own else None
    if trailer is not None:
        lines.append([trailer.marker, str(len(rows))])
    buffer = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if form.quote_all else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=form.delimiter, lineterminator=form.end, quoting=quoting).writerows(lines)
    data = buffer.getvalue().encode(form.encoding)
    return zipped({f"{entity}_20260930.csv": data}) if form.zipped else data


def as_workbook(tables: Mapping[str, Table], form: Form, source: SourceConfig, random: Random) -> bytes:
    """One workbook, a sheet an entity, days and amounts as a spreadsheet keeps them."""
    book = openpyxl.Workbook()
    for entity, rows in tables.items():
        sheet = book.create_sheet((source.mapping(entity).sheet if form.own else None) or entity)
        lines = grid(entity, rows, form, source, random)
        names = grid(entity, [], replace(form, columns_shuffled=False, shuffled=False), source, random)[0]
        types = {h: CONTRACTS[entity].columns[n].type for h, n in zip(names, columns_of(entity), strict=True)}
        for number, line in enumerate(lines):
            sheet.append([c if number == 0 else _as_cell(c, types[h]) for c, h in zip(line, lines[0], strict=True)])
    book.remove(book.worksheets[0])
    data = saved(book)
    return zipped({f"{source.source}_20260930.xlsx": data}) if form.zipped else data


def _as_cell(text: str, kind: str) -> str | date | float | None:
    if not text:
        return None
    if kind == "date" and text[4:5] == "-":
        return date.fromisoformat(text)
    return float(text) if kind == "decimal" and text[0].isdigit() else text
