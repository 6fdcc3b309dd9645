"""The raw zone: one append-only Delta table an entity, one commit a file, its sha256 the transaction id.

The commit carries the file's manifest (counts, reasons), so the ledger and the rows cannot disagree: both are in
one commit or in none. A rejected or held file is a commit of no rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import deltalake
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from hrtp.contracts import EntityContract
from hrtp.errors import HrtpError
from hrtp.settings import Settings
from hrtp.steps import step

#: State of a commit that says: the same bytes came again under a later day.
AGAIN = "again"
META_COLUMNS = ("_source", "_file_sha256", "_row_number", "_warnings")
_MANIFEST_KEY = "hrtp_manifest"


def text_fields(*names: str) -> list[pa.Field[Any]]:
    """Arrow fields of text columns."""
    return [pa.field(name, pa.string()) for name in names]


_QUARANTINE_SCHEMA = pa.schema(
    text_fields("source", "entity", "file_sha256")
    + [pa.field("row_number", pa.int64())]
    + text_fields("rule_id", "rule_version", "column_name", "severity", "message", "transaction_id")
)
#: The log is the ledger: Delta's default of 30 days would forget it.
_TABLE_CONFIG = {"delta.logRetentionDuration": "interval 36500 days", "delta.enableExpiredLogCleanup": "false"}


class ReconciliationError(HrtpError):
    """The counts of a file do not add up; nothing of it was written."""

    code = "RECONCILIATION"


@dataclass(frozen=True)
class Manifest:
    """What happened to one entity of one file. Rows count as ``rows_in = loaded + quarantined + duplicate + blank``."""

    source: str
    entity: str
    file_sha256: str
    file_name: str
    mode: str
    form: str
    data_through_date: date
    received_at: datetime
    source_sequence: int
    state: str
    transaction_id: str
    reason: str | None = None
    detail: str | None = None
    rows_in: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    rows_blank: int = 0
    warnings: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raise ReconciliationError where the counts of a loaded file do not add up."""
        total = self.rows_loaded + self.rows_quarantined + self.rows_duplicate + self.rows_blank
        if self.state == "loaded" and self.rows_in != total:
            raise ReconciliationError(
                f"{self.source}/{self.entity}: {self.rows_in} rows came in, {total} are accounted for; "
                "this is a fault of the loader, report it with the file's sha256 " + self.file_sha256
            )

    def to_json(self) -> str:
        """As the commit stores it."""
        document = asdict(self) | {
            "data_through_date": self.data_through_date.isoformat(),
            "received_at": self.received_at.isoformat(),
        }
        return json.dumps(document, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """From a commit."""
        document: dict[str, Any] = json.loads(text)
        document["data_through_date"] = date.fromisoformat(document["data_through_date"])
        document["received_at"] = datetime.fromisoformat(document["received_at"])
        return cls(**document)


@dataclass(frozen=True)
class RawVersion:
    """A fixed state of the raw zone: the version of every entity's table and of the quarantine."""

    entities: dict[str, int]
    quarantine: int


class RawZone:
    """Append to and read from raw and quarantine."""

    def __init__(self, settings: Settings, contracts: Mapping[str, EntityContract]) -> None:
        self._settings = settings
        self._contracts = contracts

    def schema(self, entity: str) -> pa.Schema:
        """Arrow schema of an entity's table: every contract column as text, then the meta columns."""
        columns = [pa.field(name, pa.string()) for name in self._contracts[entity].columns]
        meta = [pa.field(name, pa.int64() if name == "_row_number" else pa.string()) for name in META_COLUMNS]
        return pa.schema([*columns, *meta])

    def table(self, entity: str) -> DeltaTable:
        """The entity's table, made where it is missing; columns that the contract gained are added."""
        return _open(self._settings.raw / entity, self.schema(entity))

    def quarantine_table(self) -> DeltaTable:
        """The quarantine: bad rows by reference, never by value."""
        return _open(self._settings.quarantine / "rows", _QUARANTINE_SCHEMA)

    def is_done(self, entity: str, transaction: str) -> bool:
        """Whether a transaction is in the entity's table."""
        return self.table(entity).transaction_version(transaction) is not None

    def load(self, manifest: Manifest, frame: pd.DataFrame, findings: pd.DataFrame) -> bool:
        """Commit one entity of one file: first its quarantined rows, then its rows and manifest.

        Only the second commit makes a file count, so a crash between them leaves nothing half-loaded.
        Returns False where the transaction is there already.
        """
        manifest.check()
        transaction = manifest.transaction_id
        if manifest.state != AGAIN and len(frame) != manifest.rows_loaded:
            raise ReconciliationError(f"{manifest.source}/{manifest.entity}: rows to load differ from their count")
        if len(findings):
            findings = findings.assign(transaction_id=transaction)
            quarantine = pa.Table.from_pandas(findings, schema=_QUARANTINE_SCHEMA, preserve_index=False)
            key = f"{manifest.source}/{manifest.entity}/{transaction}"
            _append(lambda: self.quarantine_table(), quarantine, key, {})
        step("raw.quarantine_committed")
        schema = self.schema(manifest.entity)
        rows = _to_arrow(frame, schema)
        is_new = _append(lambda: self.table(manifest.entity), rows, transaction, {_MANIFEST_KEY: manifest.to_json()})
        step("raw.rows_committed")
        return is_new

    def version(self) -> RawVersion:
        """The newest state of the whole zone."""
        return RawVersion(
            {entity: self.table(entity).version() for entity in self._contracts}, self.quarantine_table().version()
        )

    def manifests(self, version: RawVersion) -> list[Manifest]:
        """The last word on every (source, entity, file) at ``version``, in a fixed order."""
        latest: dict[tuple[str, str, str], Manifest] = {}
        for manifest in self._commits(version):
            if manifest.state != AGAIN:
                latest[manifest.source, manifest.entity, manifest.file_sha256] = manifest
        return [latest[key] for key in sorted(latest)]

    def manifests_as_of(self, version: RawVersion, as_of: date) -> list[Manifest]:
        """As ``manifests``; a full export whose bytes came again by ``as_of`` runs through that later day."""
        later: dict[tuple[str, str, str], Manifest] = {}
        for manifest in self._commits(version):
            key = (manifest.source, manifest.entity, manifest.file_sha256)
            if manifest.state == AGAIN and manifest.data_through_date <= as_of:
                later[key] = max(manifest, later.get(key, manifest), key=lambda m: m.data_through_date)
        return [
            replace(
                m,
                data_through_date=later[key].data_through_date,
                source_sequence=later[key].source_sequence,
            )
            if (key := (m.source, m.entity, m.file_sha256)) in later and m.state == "loaded" and m.mode == "full"
            else m
            for m in self.manifests(version)
        ]

    def _commits(self, version: RawVersion) -> Iterator[Manifest]:
        for entity, number in version.entities.items():
            for commit in sorted(self.table(entity).history(), key=lambda c: c["version"]):
                text = commit.get(_MANIFEST_KEY)
                if text is not None and commit["version"] <= number:
                    yield Manifest.from_json(text)

    def files(self, entity: str, version: RawVersion) -> list[str]:
        """Paths of the Parquet files of an entity's table at ``version``."""
        table = DeltaTable(self._settings.raw / entity, version=version.entities[entity])
        return sorted(table.file_uris())

    def rows(
        self, entity: str, source: str, files: Sequence[str], *, only: tuple[str, list[str]] | None = None
    ) -> pd.DataFrame:
        """Loaded rows of some files of a source: contract columns as text or None, and the meta columns.

        Args:
            entity: which table.
            source: whose rows.
            files: sha256 of the files.
            only: (column, values) to look for.
        """
        wanted = (pc.field("_source") == source) & pc.field("_file_sha256").isin(list(files))
        if only is not None:
            wanted = wanted & pc.field(only[0]).isin(only[1])
        frame: pd.DataFrame = self.table(entity).to_pyarrow_dataset().to_table(filter=wanted).to_pandas()
        return frame.astype(object).where(frame.notna(), None)

    def quarantine_files(self, version: RawVersion) -> list[str]:
        """Paths of the quarantine's Parquet files at ``version``."""
        return sorted(DeltaTable(self._settings.quarantine / "rows", version=version.quarantine).file_uris())


def _to_arrow(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    columns = []
    for column in schema:
        if column.name in frame.columns:
            columns.append(pa.array(frame[column.name].tolist(), type=column.type, from_pandas=True))
        else:
            columns.append(pa.nulls(len(frame), type=column.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _open(path: Path, schema: pa.Schema) -> DeltaTable:
    if not DeltaTable.is_deltatable(str(path)):
        DeltaTable.create(
            str(path), schema=deltalake.Schema.from_arrow(schema), mode="ignore", configuration=_TABLE_CONFIG
        )
        step("raw.table_made")
    table = DeltaTable(str(path))
    missing = [name for name in schema.names if name not in {f.name for f in table.schema().fields}]
    if missing:
        table.alter.add_columns([deltalake.Field.from_json(_field_json(name)) for name in missing])
        table = DeltaTable(str(path))
    return table


def _field_json(name: str) -> str:
    return json.dumps({"name": name, "type": "string", "nullable": True, "metadata": {}})


@retry(
    retry=retry_if_exception_type(CommitFailedError),
    stop=stop_after_attempt(20),
    wait=wait_random_exponential(multiplier=0.05, max=2),
    reraise=True,
)
def _append(open_table: Any, rows: pa.Table, transaction: str, metadata: dict[str, str]) -> bool:
    # The check and the append must use the same opened table: appending by path lets duplicates in.
    table = open_table()
    if table.transaction_version(transaction) is not None:
        return False
    write_deltalake(
        table,
        rows,
        mode="append",
        commit_properties=CommitProperties(custom_metadata=metadata, app_transactions=[Transaction(transaction, 1)]),
    )
    return True
