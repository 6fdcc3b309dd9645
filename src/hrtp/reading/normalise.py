"""From a partner's writing to the contract's: one mapping step, so that everything behind it knows one shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from hrtp.contracts import Column, EntityContract, Parameters
from hrtp.reading import values
from hrtp.reading.table import Form, HeaderMatch, RawTable, Warnings, fold, visible
from hrtp.reading.xlsxfile import cell_text

_ZIP_COLUMNS = frozenset({"zip", "pirl_103"})
#: Whole digits that a number may have; nine unless it stands here.
_WHOLE_DIGITS = {"hours_per_week": 4}
_SSN_COLUMNS = frozenset({"ssn_last4"})
#: Excel serial numbers of days that can occur here: 1905-01-01 to 2099-12-31.
_SERIAL_DAYS = (1828.0, 73050.0)


def normalise(table: RawTable, match: HeaderMatch, contract: EntityContract) -> tuple[pd.DataFrame, Warnings]:
    """Map ``table`` onto ``contract``.

    Returns the frame that the gate takes (see ``hrtp.gate``): one object column a contract column that the file has,
    ``row_number`` (int64), ``_read_issue`` and ``<column>__issue``, and the warnings by (code, column).
    """
    warnings: Warnings = Counter(table.warnings)
    count = len(table.rows)
    read_issue: list[str | None] = [table.issues.get(index) for index in range(count)]
    data: dict[str, Any] = {}
    for name, column in contract.columns.items():
        position = match.positions.get(name)
        if position is None:
            if not column.required:
                warnings["OPTIONAL_COLUMN_MISSING", name] += 1
            continue
        cells: Iterable[object] = [row[position] if position < len(row) else "" for row in table.rows]
        nulls = _nulls(column, match.form, contract)
        parsers = _parsers(column, match.form, contract.parameters)
        parsed = _parse_column(cells, column, table, parsers, nulls, warnings)
        data[name] = [value for value, _ in parsed]
        issues = [issue for _, issue in parsed]
        if column.type in _TYPED or any(issue not in _ROW_ISSUES for issue in issues if issue is not None):
            data[f"{name}__issue"] = issues
        for index, issue in enumerate(issues):
            if issue in _ROW_ISSUES and read_issue[index] is None:
                read_issue[index] = issue
    frame = pd.DataFrame({key: pd.Series(column, dtype=object) for key, column in data.items()})
    if not data:
        frame = pd.DataFrame(index=range(count))
    frame.insert(0, "row_number", pd.Series(table.numbers, dtype="int64"))
    frame["_read_issue"] = pd.Series(read_issue, dtype=object)
    return frame, warnings


_TYPED = frozenset({"date", "decimal", "integer", "flag", "digits", "ein"})
#: Reasons that condemn the row in a column whose own type brings no issues.
_ROW_ISSUES = frozenset({"TOO_LONG", "SCI_NOTATION", "FORMULA"})


def _nulls(column: Column, form: Form, contract: EntityContract) -> frozenset[str]:
    """What means nothing here, folded: the contract's list in typed columns, the source's own also in free text.

    A person may be called Null, so names, ids of people and contacts are never read that way (faults V26, V28).
    """
    if column.type not in {"text", "id"}:
        return frozenset(fold(token) for token in contract.parameters.null_tokens) | form.null_values
    return frozenset() if column.pii else form.null_values


def _parse_column(
    cells: Iterable[object],
    column: Column,
    table: RawTable,
    parsers: tuple[values.Parser, values.Parser],
    nulls: frozenset[str],
    warnings: Warnings,
) -> list[tuple[str | None, str | None]]:
    """(value, issue) a row; each distinct cell is parsed once."""
    known: dict[object, tuple[str | None, str | None, tuple[str, ...]]] = {}
    result: list[tuple[str | None, str | None]] = []
    for cell in cells:
        key = (type(cell), cell)
        if key not in known:
            known[key] = _parse_cell(cell, column, table, parsers, nulls)
        value, issue, codes = known[key]
        for code in codes:
            warnings[code, column.name] += 1
        result.append((value, issue))
    return result


def _parse_cell(
    cell: object,
    column: Column,
    table: RawTable,
    parsers: tuple[values.Parser, values.Parser],
    nulls: frozenset[str],
) -> tuple[str | None, str | None, tuple[str, ...]]:
    codes: list[str] = []
    if isinstance(cell, str):
        text = cell
    elif column.type == "date" and isinstance(cell, float) and _SERIAL_DAYS[0] <= cell <= _SERIAL_DAYS[1]:
        epoch = CALENDAR_MAC_1904 if table.is_1904 else CALENDAR_WINDOWS_1900
        text = str(from_excel(cell, epoch))[:10]
        codes.append("SERIAL_DATE")
    elif column.type in {"id", "ein", "digits"} and isinstance(cell, float) and abs(cell) >= 1e15:
        return None, "SCI_NOTATION", ()
    else:
        text = cell_text(cell)
    cleaned = visible(text)
    if cleaned != text:
        codes.append("INVISIBLE_CHARACTER")
    unpadded = cleaned.strip().strip("\u00a0")
    if unpadded != cleaned and unpadded and column.type in {"decimal", "integer"}:
        codes.append("NUMBER_REPAIRED")
    cleaned = unpadded
    if not cleaned:
        return None, None, tuple(codes)
    if fold(cleaned) in nulls:
        return None, None, (*codes, "NULL_TOKEN")
    if len(cleaned) > column.max_length:
        return None, "TOO_LONG", tuple(codes)
    of_text, of_own_type = parsers
    value, issue, warning = (of_text if isinstance(cell, str) else of_own_type)(cleaned)
    if warning and warning not in codes:
        codes.append(warning)
    return value, issue, tuple(codes)


def _parsers(column: Column, form: Form, parameters: Parameters) -> tuple[values.Parser, values.Parser]:
    """Of text, and of a workbook's own values: its dates are certain, whatever formats the source lists."""
    of_text = _parser(column, form, parameters)
    return of_text, _date_parser(("%Y-%m-%d",), column, parameters) if column.type == "date" else of_text


def _date_parser(formats: tuple[str, ...], column: Column, parameters: Parameters) -> values.Parser:
    """Birth dates are the gate's to judge, by age."""
    if column.pii:
        return values.date_parser(formats)
    return values.date_parser(formats, parameters.earliest_date, parameters.latest_date)


def _parser(column: Column, form: Form, parameters: Parameters) -> values.Parser:
    labels = {fold(label): code for label, code in form.values.get(column.name, {}).items()}
    inner = _typed_parser(column, form, labels, parameters)
    if not labels or column.type in {"code", "code_set"}:
        return inner

    def relabelled(text: str) -> values.Parsed:
        return inner(labels.get(fold(text), text))

    return relabelled


def _typed_parser(column: Column, form: Form, labels: dict[str, str], parameters: Parameters) -> values.Parser:
    if column.name in _ZIP_COLUMNS:
        return values.parse_zip
    if column.name in _SSN_COLUMNS:
        return values.parse_ssn_last4
    match column.type:
        case "date":
            return _date_parser(tuple(form.date_formats or column.date_formats), column, parameters)
        case "decimal":
            return values.number_parser(_WHOLE_DIGITS.get(column.name, 9))
        case "integer":
            return values.parse_integer
        case "flag":
            return values.parse_flag
        case "digits":
            return values.parse_digits(column.digits)
        case "ein":
            return values.parse_ein
        case "id":
            return values.id_parser(column.required)
        case "code":
            return values.code_parser(labels, frozenset(column.codes))
        case "code_set":
            return values.code_set_parser(labels, frozenset(column.codes))
        case _:
            return values.parse_pii_text if column.pii else values.parse_text
