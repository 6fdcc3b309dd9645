"""Looking for people in bytes: every file below a folder, as it is on disk and as its format holds it.

Two questions: does any sample person stand there (`Canaries`), and does one of these very strings (`Needles`), also
packed, in UTF-16, escaped for JSON, XML or a URL, as hex or as base64.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import re
import sqlite3
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
import pyarrow.parquet as pq

from hrtp.samples import people

_MAX_DEPTH = 4
_TELLING_DIGITS = 8
_BETWEEN = b" ()/.-"
_NUMBER = re.compile(rb"[0-9][0-9 ()/.\-]{6,22}[0-9]")


@dataclass
class Search:
    """What was looked through and what was found; a hit names the place and the kind of canary, never the value."""

    n_files: int = 0
    n_bytes: int = 0
    n_texts: int = 0
    hits: frozenset[tuple[str, str]] = frozenset()

    def __add__(self, other: Search) -> Search:
        return Search(
            self.n_files + other.n_files,
            self.n_bytes + other.n_bytes,
            self.n_texts + other.n_texts,
            self.hits | other.hits,
        )


class Canaries:
    """Names (as whole words), birth dates, e-mails, phones, state ids and whole SSNs of all sample people."""

    def __init__(self, seed: int = 1, scale: int = 1, shipped: Iterable[Path] = ()) -> None:
        """Words that stand in ``shipped`` files (a library's own page template) say nothing about a person."""
        self._kinds: dict[str, str] = {}
        for person in people(seed, scale):
            for kind in ("first", "last", "email", "phone", "caljobs_id", "ssn", "date_of_birth"):
                value = person[kind]
                if value:
                    self._kinds[value.casefold()] = kind
        self.n_values = len(self._kinds)
        self._word = re.compile(r"[\w.@+\-]+", re.UNICODE)
        self._part = re.compile(r"[^\W_]+", re.UNICODE)
        for path in shipped:
            for word in self._part.findall(path.read_text(encoding="utf-8", errors="ignore").casefold()):
                self._kinds.pop(word, None)

    def in_text(self, text: str) -> set[str]:
        """Kinds of canaries in ``text``."""
        folded = text.casefold()
        words = set(self._word.findall(folded)) | set(self._part.findall(folded))
        words |= set(re.findall(r"\d{4}-\d{2}-\d{2}|\d{3}-\d{2}-\d{4}|\(?\d{3}\)?[ -]\d{3}-\d{4}", folded))
        return {self._kinds[word] for word in words if word in self._kinds}

    def search(self, folders: Iterable[Path]) -> Search:
        """Search every file below ``folders``, as it is on disk and as its format holds it."""
        found = Search()
        hits: set[tuple[str, str]] = set()
        for path in _files(folders):
            data = path.read_bytes()
            found.n_files += 1
            found.n_bytes += len(data)
            for text in (data.decode("latin-1"), data.decode("utf-8", "ignore")):
                hits |= {(path.name, kind) for kind in self.in_text(text)}
            for inner in _inside(data, path):
                found.n_texts += 1
                hits |= {(f"{path.name} (content)", kind) for kind in self.in_text(inner.decode("utf-8", "ignore"))}
        found.hits = frozenset(hits)
        return found


class Needles:
    """Strings that stand for nobody else: wherever one of them turns up, in whatever writing, it has leaked.

    Numbers (telephones, dates, ids) are compared by their digits, whatever stands between these.
    """

    def __init__(self, strings: Mapping[str, str]) -> None:
        """``strings``: the value of each kind of canary."""
        self._texts: dict[bytes, str] = {}
        self._numbers: dict[bytes, str] = {}
        for kind, text in strings.items():
            digits = "".join(c for c in text if c.isdigit())
            if len(digits) >= _TELLING_DIGITS and not any(c.isalpha() for c in text):
                self._numbers[digits.encode()] = kind
            else:
                self._texts |= {form: kind for form in _forms(text) if form not in self._texts}

    def in_bytes(self, data: bytes) -> set[str]:
        """Kinds that stand in ``data``."""
        lowered = data.lower()
        found = {kind for form, kind in self._texts.items() if form in lowered}
        if self._numbers:
            # without its zero bytes a number in UTF-16 is one in ASCII
            for view in (data, data.replace(b"\x00", b"")) if b"\x00" in data else (data,):
                for token in set(_NUMBER.findall(view)):
                    for part in (token, *token.split(b" ")):
                        kind = self._numbers.get(part.translate(None, _BETWEEN))
                        found |= {kind} if kind is not None else set()
        return found

    def search(self, places: Iterable[Path | tuple[str, bytes | str]]) -> Search:
        """Search every file below folders, every file given, and named bytes such as what a process has printed."""
        found = Search()
        hits: set[tuple[str, str]] = set()
        for place in places:
            pieces = _pieces(place)
            for name, data, is_file in pieces:
                found.n_files += is_file
                found.n_bytes += len(data) if is_file else 0
                found.n_texts += not is_file
                hits |= {(name, kind) for kind in self.in_bytes(data)}
        found.hits = frozenset(hits)
        return found


def _pieces(place: Path | tuple[str, bytes | str]) -> Iterator[tuple[str, bytes, bool]]:
    if not isinstance(place, Path):
        name, data = place
        yield name, data.encode() if isinstance(data, str) else data, True
        return
    for path in _files([place]):
        data = path.read_bytes()
        yield f"{path.parent.name}/{path.name}", data, True
        yield f"the name of {path.parent.name}/*", path.name.encode(), False
        for inner in _inside(data, path):
            yield f"{path.parent.name}/{path.name} (content)", inner, False


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(p for p in (folder.rglob("*") if folder.is_dir() else [folder]) if p.is_file())


def _forms(text: str) -> set[bytes]:
    """How a string may be written in bytes; everything in lower case, as it is looked for."""
    spoken = {text, unicodedata.normalize("NFD", text), text.upper(), text.casefold()}
    written = spoken | {json.dumps(t)[1:-1] for t in spoken} | {escape(t) for t in spoken}
    written |= {urllib.parse.quote(t) for t in spoken} | {urllib.parse.quote_plus(t) for t in spoken}
    forms: set[bytes] = set()
    for one in written:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252"):
            try:
                forms.add(one.encode(encoding).lower())
            except UnicodeEncodeError:
                continue
    for plain in (text, text.upper(), text.casefold()):
        data = plain.encode()
        forms.add(data.hex().encode())
        if len(data) >= 8:  # shorter ones are too short to mean anything in base64
            forms |= {_middle(data, skip).lower() for skip in range(3)}
    return forms


def _middle(data: bytes, skip: int) -> bytes:
    """What is the same of ``data`` in base64 wherever it stands: without the digits that its neighbours share."""
    encoded = base64.b64encode(b"\x00" * skip + data)
    start = -(-skip * 8 // 6)
    end = (skip + len(data)) * 8 // 6
    return encoded[start:end]


def _inside(data: bytes, path: Path | None, depth: int = 0) -> Iterator[bytes]:
    """What a format holds packed, encoded or in pages."""
    if data[:4] == b"PAR1":
        yield from _parquet(data)
    elif data[8:12] == b"DUCK" and path is not None:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as f (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'f'"
            ).fetchall()
            for schema, table in tables:
                yield from _values(connection, f'f."{schema}"."{table}"')
    elif data[:15] == b"SQLite format 3" and path is not None:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            for line in database.iterdump():
                yield line.encode()
                for blob in re.findall(r"X'([0-9A-Fa-f]+)'", line):
                    yield from _unpacked(bytes.fromhex(blob), depth)
    else:
        yield from _unpacked(data, depth)


def _parquet(data: bytes) -> Iterator[bytes]:
    file = pq.ParquetFile(io.BytesIO(data))
    for name, column in zip(file.schema_arrow.names, file.read().columns, strict=True):
        yield name.encode()
        yield "\n".join(str(value) for value in column.unique().to_pylist() if value is not None).encode()
    for group in range(file.metadata.num_row_groups):
        for number in range(file.metadata.num_columns):
            statistics = file.metadata.row_group(group).column(number).statistics
            if statistics is not None and statistics.has_min_max:
                yield f"{statistics.min} {statistics.max}".encode()
    for key, value in (file.schema_arrow.metadata or {}).items():
        yield key + b" " + value


def _unpacked(data: bytes, depth: int) -> Iterator[bytes]:
    """Members of an archive, and what zlib or gzip have packed; archives inside archives too."""
    inner: list[bytes] = []
    if data[:2] == b"PK" and depth < _MAX_DEPTH:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inner.append(archive.comment)
                for info in archive.infolist():
                    inner += [info.filename.encode(), info.comment, info.extra, archive.read(info)]
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError):
            pass
    elif data[:2] == b"\x1f\x8b" and depth < _MAX_DEPTH:
        with contextlib.suppress(OSError, EOFError, zlib.error):
            inner.append(gzip.decompress(data))
    elif data[:1] == b"\x78" and depth < _MAX_DEPTH:
        with contextlib.suppress(zlib.error):
            inner.append(zlib.decompress(data))
    for part in inner:
        yield part
        yield from _unpacked(part, depth + 1)


def _values(connection: duckdb.DuckDBPyConnection, relation: str) -> Iterator[bytes]:
    for column, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall():
        yield str(column).encode()
        if kind.startswith(("VARCHAR", "DATE", "STRUCT", "MAP", "BLOB", "DECIMAL", "TIMESTAMP")) or kind.endswith("[]"):
            query = f'select distinct cast("{column}" as varchar) from {relation} where "{column}" is not null'
            yield "\n".join(value for (value,) in connection.execute(query).fetchall()).encode()
