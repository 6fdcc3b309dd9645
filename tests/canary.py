"""Looking for people in bytes: every file below a folder, and what DuckDB, Parquet or SQLite hold inside."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hrtp.samples import people


@dataclass
class Search:
    """What was looked through and what was found; a hit names the place and the kind of canary, never the value."""

    n_files: int = 0
    n_bytes: int = 0
    n_texts: int = 0
    hits: frozenset[tuple[str, str]] = frozenset()


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
        for folder in folders:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                data = path.read_bytes()
                found.n_files += 1
                found.n_bytes += len(data)
                texts = [data.decode("latin-1"), data.decode("utf-8", "ignore")]
                for text in texts:
                    hits |= {(path.name, kind) for kind in self.in_text(text)}
                for text in _inside(path, data):
                    found.n_texts += 1
                    hits |= {(f"{path.name} (content)", kind) for kind in self.in_text(text)}
        found.hits = frozenset(hits)
        return found


def _inside(path: Path, data: bytes) -> Iterator[str]:
    if data[:4] == b"PAR1":
        connection = duckdb.connect()
        yield from _values(connection, f"read_parquet('{path}')")
    elif data[8:12] == b"DUCK":
        connection = duckdb.connect()
        connection.execute(f"attach '{path}' as f (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'f'"
        ).fetchall()
        for schema, table in tables:
            yield from _values(connection, f'f."{schema}"."{table}"')
    elif data[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            yield from database.iterdump()


def _values(connection: duckdb.DuckDBPyConnection, relation: str) -> Iterator[str]:
    for column, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall():
        if kind.startswith(("VARCHAR", "DATE", "STRUCT", "MAP")) or kind.endswith("[]"):
            query = f'select distinct cast("{column}" as varchar) from {relation} where "{column}" is not null'
            for (value,) in connection.execute(query).fetchall():
                yield value
