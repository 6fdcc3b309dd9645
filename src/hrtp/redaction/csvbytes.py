"""CSV in place: a record becomes an empty one; encoding, delimiters, quotes and line ends of all others stay."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Decoded:
    """A file's text, and how to write it again byte for byte."""

    text: str
    codec: str
    bom: bytes

    def encode(self, text: str) -> bytes:
        """``text`` as the file is written."""
        return self.bom + text.encode(self.codec)


@dataclass(frozen=True)
class Record:
    """One record: where it stands in the text, its line end included, and its cells."""

    start: int
    end: int
    cells: list[str]


def decode(data: bytes, encoding: str) -> Decoded | None:
    """By the mark at the beginning, else as ``encoding``; None where the bytes are no such text."""
    for bom, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(bom):
            return _decoded(data, codec, bom)
    if encoding == "cp1252" and not data.isascii():
        as_utf8 = _decoded(data, "utf-8", b"")
        if as_utf8 is not None:
            return as_utf8
    return _decoded(data, "utf-16-le" if encoding == "utf-16" else encoding, b"")


def _decoded(data: bytes, codec: str, bom: bytes) -> Decoded | None:
    try:
        decoded = Decoded(data[len(bom) :].decode(codec), codec, bom)
    except UnicodeDecodeError:
        return None
    return decoded if decoded.encode(decoded.text) == data else None


class _Lines:
    """Lines as ``csv`` counts them, and how far they reach."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.position = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.position += len(line)
            yield line


def records(text: str, delimiter: str) -> list[Record] | None:
    """All records; None where a quote makes their borders uncertain."""
    lines = _Lines(text)
    found: list[Record] = []
    start = 0
    try:
        for cells in csv.reader(iter(lines), delimiter=delimiter, strict=True):
            found.append(Record(start, lines.position, cells))
            start = lines.position
    except csv.Error:
        return None
    return found


def replace_spans(text: str, changes: list[tuple[int, int, str]]) -> str:
    """``text`` with each (start, end) replaced."""
    parts: list[str] = []
    last = 0
    for start, end, new in sorted(changes):
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def line_end(text: str, record: Record) -> str:
    """What ends the record's last line."""
    written = text[record.start : record.end]
    return written[len(written.rstrip("\r\n")) :]


def field_spans(text: str, record: Record, delimiter: str) -> list[tuple[int, int]]:
    """Where each cell of ``record`` stands, its quotes included."""
    spans: list[tuple[int, int]] = []
    end = record.end - len(line_end(text, record))
    start, position, is_quoted = record.start, record.start, False
    while position < end:
        character = text[position]
        if character == '"':
            is_quoted = not is_quoted
        elif character == delimiter and not is_quoted:
            spans.append((start, position))
            start = position + 1
        position += 1
    spans.append((start, end))
    return spans
