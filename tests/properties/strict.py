"""A second reading of CSV and of cells, by the letter of RFC 4180 and of the data contract, without the reader's code.

It says what the file holds, or that it is not certain (None): then the reader may reject it or not, but of a file that
is certain every row and every value must be the one that stands here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal, InvalidOperation

from hrtp.contracts import Column
from hrtp.reading.table import Form

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
YES, NO = {"y", "yes", "1", "true", "t"}, {"n", "no", "0", "false", "f"}
SSN = re.compile(r"\d{3}[-. ]?\d{2}[-. ]?\d{4}")


def strict_text(data: bytes, encoding: str) -> str | None:
    """The text under the byte order mark, or in the declared encoding; cp1252 gives way to UTF-8 where it is that."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order = ["utf-16"]
    elif data[:3] == b"\xef\xbb\xbf":
        order, data = ["utf-8"], data[3:]
    elif encoding == "cp1252":
        order = ["ascii", "utf-8", "cp1252"]
    else:
        order = [encoding]
    for name in order:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def strict_records(text: str, delimiter: str) -> list[list[str]] | None:
    """Every record, or None where a quote stands where RFC 4180 allows none."""
    records: list[list[str]] = []
    fields: list[str] = []
    at, end = 0, len(text)
    while at < end:
        if text[at] == '"':
            value, at = _quoted(text, at + 1)
            if at < 0 or (at < end and text[at] not in f"{delimiter}\r\n"):
                return None
        else:
            start = at
            while at < end and text[at] not in f"{delimiter}\r\n":
                at += 1
            value = text[start:at]
            if '"' in value:
                return None
        fields.append(value)
        if at < end and text[at] == delimiter:
            at += 1
            if at == end:
                fields.append("")
            elif text[at] not in "\r\n":
                continue
            else:
                fields.append("")
        if at < end or fields:
            records.append(fields if fields != [""] else [])
            fields = []
            at += 2 if text[at : at + 2] == "\r\n" else 1
    return records


def _quoted(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        close = text.find('"', at)
        if close < 0:
            return "", -1
        parts.append(text[at:close])
        if text[close : close + 2] != '""':
            return "".join(parts), close + 1
        parts.append('"')
        at = close + 2


def is_blank(record: list[str]) -> bool:
    return not any(cell.strip() for cell in record)


def folded(text: str) -> str:
    """Labels are compared without case, width and runs of blanks."""
    import unicodedata

    bare = "".join(c for c in unicodedata.normalize("NFKC", text) if c not in ZERO_WIDTH)
    return " ".join(bare.split()).casefold()


def disagreement(
    cell: str, value: str | None, issue: str | None, column: Column, form: Form, tokens: Collection[str]
) -> str | None:
    """Why ``value`` cannot be what ``cell`` says, in words without either; None where they agree."""
    clean = "".join(c for c in cell if c not in ZERO_WIDTH).strip().strip("\u00a0")
    if issue is not None:
        return None if value is None else "refused and loaded"
    is_typed = column.type not in {"id", "text"}
    if SSN.search(clean) and not SSN.search(value or ""):
        return None  # taken out, and so it should be
    nothing = {"", *(tokens if is_typed else ()), *(form.null_values if not column.pii or is_typed else ())}
    label = {folded(k): v for k, v in form.values.get(column.name, {}).items()}.get(folded(clean))
    if value is None:
        is_no_day = column.type == "date" and re.match(r"(1899|1900|9999)|\d+.\d+.(00|99|1900|1899|9999)", clean)
        is_empty_set = column.type == "code_set" and not clean.strip("|; ")
        return None if folded(clean) in nothing or is_no_day or is_empty_set else "lost"
    if label is not None and column.type != "code_set":
        return None if value == label else "another label"
    return None if _says(clean, value, column, form) else "another value"


def _says(clean: str, value: str, column: Column, form: Form) -> bool:
    match column.type:
        case "date":
            return any(_day(clean, written) == value for written in (form.date_formats or column.date_formats))
        case "decimal":
            try:
                return Decimal(value) == Decimal(re.sub(r"[$,\s]|(/|per).*", "", clean))
            except InvalidOperation:
                return False
        case "integer":
            return Decimal(value) == Decimal(clean)
        case "flag":
            return folded(clean) in (YES if value == "Y" else NO)
        case "ein":
            return value.replace("-", "") == clean.replace("-", "")
        case "code":
            return value in (clean, folded(clean))
        case "code_set":
            labels = {folded(k): v for k, v in form.values.get(column.name, {}).items()}
            parts = {folded(part) for part in re.split(r"[|;]", clean) if part.strip()}
            return {folded(v) for v in value.split("|")} == {folded(labels.get(part, part)) for part in parts}
        case _ if column.name in {"zip", "pirl_103"} and re.fullmatch(r"[0-9]{5}-?[0-9]{4}", clean):
            return value == clean[:5]
        case _:
            return value == clean


def _day(text: str, written: str) -> str | None:
    try:
        return datetime.strptime(text, written).date().isoformat()
    except ValueError:
        return None
