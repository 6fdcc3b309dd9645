"""Raw and quarantine: every file that the Delta log names, in full, and every count added up again."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from deltalake import DeltaTable

from hrtp.contracts import load_contracts
from hrtp.doctor.model import Finding, error, warn
from hrtp.landing import file_sha256
from hrtp.raw import _MANIFEST_KEY, AGAIN, Manifest, ReconciliationError
from hrtp.seals import read_seals
from hrtp.settings import Settings

_RESTORE = "run `hrtp restore`: raw and quarantine are built again from the landed files"

_Key = tuple[str, str, str]


def examine_tables(settings: Settings) -> list[Finding]:
    """Findings on the raw zone and the quarantine."""
    found: list[Finding] = []
    manifests: dict[_Key, Manifest] = {}
    has_landed = any(settings.landing.glob("*/*.json"))
    for entity in load_contracts(settings.project):
        table = _Table(settings, settings.raw / entity)
        if not table.exists:
            if has_landed:
                found.append(warn("RAW_MISSING", table.where, "there is no such table", _RESTORE))
            continue
        found += table.examine()
        last = {(m.source, m.entity, m.file_sha256): m for m in table.manifests()}
        manifests |= last
        if not table.is_damaged:
            found += _row_counts(table, last)
    found += _reconciliation(settings, manifests)
    quarantine = _Table(settings, settings.quarantine / "rows")
    if quarantine.exists:
        found += quarantine.examine()
        if not quarantine.is_damaged:
            found += _quarantine_counts(quarantine, manifests)
    return found


class _Table:
    """One Delta table, opened for looking at only."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self.path = path
        self.where = str(path.relative_to(settings.home))
        self.exists = (path / "_delta_log").is_dir()
        self.is_damaged = False
        self._table: DeltaTable | None = None

    def _damage(self, code: str, where: str, what: str) -> Finding:
        self.is_damaged = True
        return error(code, where, what, _RESTORE)

    def examine(self) -> Iterator[Finding]:
        """Findings on the log and on each file."""
        numbers = sorted(int(p.stem) for p in (self.path / "_delta_log").glob("*.json") if p.stem.isdigit())
        if numbers != list(range(len(numbers))):
            yield self._damage("DELTA_LOG", f"{self.where}/_delta_log", "commits are missing from the log")
            return
        try:
            for number in numbers:
                for line in (self.path / "_delta_log" / f"{number:020d}.json").read_text(encoding="utf-8").splitlines():
                    json.loads(line)
            self._table = DeltaTable(str(self.path))
            files = [Path(name) for name in sorted(self._table.file_uris())]
        except Exception:  # the log's own library has no narrower class for a log that it cannot read
            yield self._damage("DELTA_LOG", f"{self.where}/_delta_log", "the log cannot be read")
            return
        if "36500 days" not in self._table.metadata().configuration.get("delta.logRetentionDuration", ""):
            yield warn("DELTA_RETENTION", self.where, "the log would forget old manifests after a while", _RESTORE)
        seals = read_seals(self.path)
        for file in files:
            yield from self._file(file, seals.get(file.name))

    def _file(self, file: Path, seal: str | None) -> Iterator[Finding]:
        where = f"{self.where}/{file.name}"
        if not file.exists():
            yield self._damage("DELTA_FILE_MISSING", where, "a file that the log names is gone")
            return
        if seal is not None and file_sha256(file) != seal:
            yield self._damage("DELTA_FILE_CHANGED", where, "the file is not the one that was written")
            return
        try:
            with pq.ParquetFile(file) as parquet:
                for _ in parquet.iter_batches():
                    pass
        except Exception:  # Arrow's errors quote what they stumble over, and all mean the same here
            yield self._damage("DELTA_FILE_DAMAGED", where, "the file cannot be read to its end")

    def rows(self, columns: list[str]) -> Iterator[tuple[Any, ...]]:
        """Some columns of all rows."""
        assert self._table is not None
        for name in self._table.file_uris():
            with pq.ParquetFile(name) as parquet:
                for batch in parquet.iter_batches(columns=columns):
                    yield from zip(*(batch.column(column).to_pylist() for column in columns), strict=True)

    def manifests(self) -> Iterator[Manifest]:
        """In the order of the commits."""
        if self._table is not None:
            for commit in sorted(self._table.history(), key=lambda c: int(c["version"])):
                text = commit.get(_MANIFEST_KEY)
                manifest = Manifest.from_json(text) if text is not None else None
                if manifest is not None and manifest.state != AGAIN:
                    yield manifest


def _row_counts(table: _Table, manifests: dict[_Key, Manifest]) -> Iterator[Finding]:
    there = Counter(table.rows(["_source", "_file_sha256"]))
    said = {(m.source, m.file_sha256): m.rows_loaded for m in manifests.values() if m.state == "loaded"}
    for key in sorted({*there, *said}):
        if there[key] != said.get(key, 0):
            yield error(
                "ROW_COUNT",
                f"{table.where} {key[0]} {key[1][:12]}",
                f"{there[key]} rows are there, the manifest says {said.get(key, 0)}",
                _RESTORE,
            )


def _reconciliation(settings: Settings, manifests: dict[_Key, Manifest]) -> Iterator[Finding]:
    for m in manifests.values():
        where = f"raw/{m.entity} {m.source} {m.file_sha256[:12]}"
        try:
            m.check()
        except ReconciliationError:
            yield error("RECONCILIATION", where, "the counts of the manifest do not add up", _RESTORE)
        if not (settings.landing / m.source / f"{m.file_sha256}.json").exists():
            yield error(
                "RAW_WITHOUT_LANDING",
                where,
                "the file that these rows came from never landed",
                "copy it back from the backup of the landing zone, or run `hrtp restore` to do without it",
            )


def _quarantine_counts(table: _Table, manifests: dict[_Key, Manifest]) -> Iterator[Finding]:
    rows = set(table.rows(["source", "entity", "file_sha256", "transaction_id", "row_number"]))
    there = {key: len(list(group)) for key, group in itertools.groupby(sorted(rows), key=lambda row: row[:4])}
    for m in manifests.values():
        n_rows = there.get((m.source, m.entity, m.file_sha256, m.transaction_id), 0)
        if m.state == "loaded" and n_rows != m.rows_quarantined:
            yield error(
                "QUARANTINE_COUNT",
                f"{table.where} {m.source} {m.entity} {m.file_sha256[:12]}",
                f"{n_rows} rows are there, the manifest says {m.rows_quarantined}",
                _RESTORE,
            )
