"""CSV, strictly: by header name, every value text, row borders certain or the file is rejected."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.reading.table import Form, HeaderMatch, RawTable, choose_form, header_key, match_header

#: A share of ragged rows above which the borders of all rows are in doubt (fault F21).
MAX_RAGGED_SHARE = 0.10
MIN_RAGGED_ROWS = 3
#: How far down a misplaced header is looked for, to tell the partner what is wrong.
HEADER_SEARCH_ROWS = 20

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOTAL = re.compile(r"^\s*(grand\s+total|total|totals|subtotal|end of (file|report))\b", re.IGNORECASE)

csv.field_size_limit(64 * 1024 * 1024)  # a long field is a bad row (TOO_LONG), not a bad file


def read_csv(data: bytes, forms: list[Form], contract: EntityContract) -> tuple[RawTable, HeaderMatch]:
    """Read one CSV file in whichever of ``forms`` its header shows.

    Raises:
        FileRejected: ENCODING, DELIMITER, NO_HEADER, DUPLICATE_COLUMN, QUOTING, RAGGED, TRUNCATED, ROWCOUNT.
    """
    candidates, texts, failures = headers_by_form(data, forms)
    if not candidates:
        raise failures[-1] if failures else FileRejected("ZERO_BYTES", "the file holds no row")
    match = choose_form(candidates, contract)
    text = texts[match.form.name]
    if not match.positions or len(match.positions) < min(2, len(contract.columns)) < len(match.missing):
        raise _no_header(text, match.form, contract, {f.name: h for f, h in candidates}[match.form.name])
    if match.duplicates:
        raise FileRejected("DUPLICATE_COLUMN", f"two headers for: {', '.join(match.duplicates)}")
    table = _read_rows(text, match)
    encoding = _encoding(data, match.form)
    if not encoding.startswith("utf-8"):
        table.warnings["TRANSCODED", encoding] += 1
    return table, match


def headers_by_form(
    data: bytes, forms: Iterable[Form]
) -> tuple[list[tuple[Form, list[str]]], dict[str, str], list[FileRejected]]:
    """What the header row is under each form that can read the file at all.

    Returns:
        Forms with their header row, the decoded text by the form's name, and why the other forms cannot.
    """
    candidates: list[tuple[Form, list[str]]] = []
    texts: dict[str, str] = {}
    failures: list[FileRejected] = []
    for form in forms:
        try:
            text = _decode(data, form)
            header = next(_records(text, form, stop_after=form.skip_rows + 1), None)
        except FileRejected as failure:
            failures.append(failure)
            continue
        if header is not None:
            texts[form.name] = text
            candidates.append((form, header))
    return candidates, texts, failures


def _encoding(data: bytes, form: Form) -> str:
    """By its byte order mark, else as the form declares; what is UTF-8 beyond ASCII is no Windows-1252."""
    encoding = form.encoding
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif encoding == "cp1252" and _is_utf8_beyond_ascii(data):
        encoding = "utf-8"
    return encoding


def _decode(data: bytes, form: Form) -> str:
    encoding = _encoding(data, form)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRejected(
            "ENCODING", f"the bytes are not {encoding} at offset {error.start}; export as UTF-8 or declare the encoding"
        ) from None


def _is_utf8_beyond_ascii(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _records(text: str, form: Form, stop_after: int | None = None) -> Iterator[list[str]]:
    """Records of ``text``; with ``stop_after`` only the last of the first so many that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, strict=True)
    try:
        if stop_after is None:
            yield from reader
            return
        for number, record in enumerate(reader, start=1):
            if number >= stop_after and any(cell.strip() for cell in record):
                yield record
                return
    except csv.Error:
        raise FileRejected(
            "QUOTING", f"a double quote opens or closes where none may, near line {reader.line_num}"
        ) from None


def _no_header(text: str, form: Form, contract: EntityContract, header: list[str]) -> FileRejected:
    for other in {",", ";", "\t", "|"} - {form.delimiter}:
        split = next(csv.reader([text.splitlines()[0]], delimiter=other), [])
        if len(split) > len(header) and len(match_header(split, form, contract).positions) > 1:
            return FileRejected(
                "DELIMITER",
                f"the columns are separated by {other!r}, not by {form.delimiter!r}; declare it in the source",
            )
    for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter), start=1):
        if number > HEADER_SEARCH_ROWS:
            break
        if number > 1 and not match_header(record, form, contract).missing:
            return FileRejected("NO_HEADER", f"the header stands in row {number}; remove the rows above it")
    return FileRejected("NO_HEADER", "row 1 names no column of the contract; export with the header row")


def _read_rows(text: str, match: HeaderMatch) -> RawTable:
    form = match.form
    table = RawTable(form=form, header=[])
    has_control = _CONTROL.search(text) is not None
    ragged: list[int] = []
    declared_total: int | None = None
    last_content: list[str] = []
    width = 0
    header_keys: list[str] = []
    for number, record in enumerate(_records(text, form), start=1):
        if number <= form.skip_rows:
            continue
        is_blank = not any(cell and not cell.isspace() for cell in record)
        if not header_keys:
            if is_blank:
                continue
            table.header, width = record, len(record)
            header_keys = [header_key(cell) for cell in record]
            continue
        table.rows_in += 1
        if is_blank:
            table.rows_blank += 1
            continue
        last_content = record
        if form.trailer_marker is not None and record[0].strip().startswith(form.trailer_marker):
            table.rows_blank += 1
            declared_total = _trailer_count(record, form)
            continue
        index = len(table.rows)
        issue: str | None = None
        if record[0].strip() == table.header[0].strip() and [header_key(c) for c in record] == header_keys:
            issue = "HEADER_REPEAT"
        elif _TOTAL.match(next(cell for cell in record if cell.strip())) and len([c for c in record if c.strip()]) <= 3:
            issue = "TRAILER"
        elif len(record) != width:
            issue = "RAGGED"
            ragged.append(index)
        elif has_control and any(_CONTROL.search(cell) for cell in record):
            issue = "CONTROL_CHAR"
        if issue is not None:
            table.issues[index] = issue
            record = [""] * width
        table.rows.append(record)  # type: ignore[arg-type]
        table.numbers.append(number)
    _check_end(text, table, ragged, last_content, width)
    _check_total(form, table, declared_total)
    table.warnings = Counter({("SCHEMA_DRIFT", f"column {position + 1}"): 1 for position in match.unknown})
    return table


def _check_end(text: str, table: RawTable, ragged: list[int], last: list[str], width: int) -> None:
    if last and len(last) < width and not text.endswith(("\n", "\r")) and ragged and ragged[-1] == len(table.rows) - 1:
        raise FileRejected("TRUNCATED", "the last row is cut; the file did not arrive whole")
    if len(ragged) >= MIN_RAGGED_ROWS and len(ragged) > MAX_RAGGED_SHARE * len(table.rows):
        raise FileRejected(
            "RAGGED", f"{len(ragged)} of {len(table.rows)} rows have another number of columns than the header"
        )


def _trailer_count(record: list[str], form: Form) -> int | None:
    if form.trailer_count_column is None:
        return None
    cell = record[form.trailer_count_column - 1].strip() if len(record) >= form.trailer_count_column else ""
    digits = cell.replace(",", "")
    if not digits.isdecimal():
        raise FileRejected("ROWCOUNT", "the trailer row states no count where the source says that it does")
    return int(digits)


def _check_total(form: Form, table: RawTable, declared: int | None) -> None:
    if form.trailer_marker is None:
        return
    if declared is None and form.trailer_count_column is not None:
        raise FileRejected("ROWCOUNT", "the trailer row is missing; the file did not arrive whole")
    if declared is not None and declared != len(table.rows):
        raise FileRejected("ROWCOUNT", f"the trailer states {declared} rows, the file holds {len(table.rows)}")
