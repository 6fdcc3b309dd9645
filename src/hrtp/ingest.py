"""One source's ingest: pull, land, read, gate, load. Idempotent: any retry, any order, the same result."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from hrtp.contracts import EntityContract, load_contracts
from hrtp.errors import FileRejected, IngestFailed, SourceConfigError, TransportError, no_values_in_errors
from hrtp.landing import LandedFile, Landing, has_declared_name, parse_file_name
from hrtp.raw import AGAIN, Manifest, RawZone
from hrtp.reading import EntityTable, read_file
from hrtp.settings import Settings
from hrtp.sources import SourceConfig, load_source
from hrtp.transport import TransportConfig, open_transport

if TYPE_CHECKING:
    from hrtp.gate import GateResult

log = logging.getLogger("hrtp.ingest")

#: Raise this when reading or judging changes, so that files which an older release rejected are judged again.
JUDGEMENT = 1

#: Rejections that say "not needed" rather than "broken": the newest good data is in the figures already.
HARMLESS = frozenset({"OUT_OF_ORDER"})

#: Failures of a transport that concern one file only.
_OF_ONE_FILE = frozenset({"UNSTABLE", "DENIED", "NOT_REGULAR_FILE", "PERMS", "BAD_NAME", "SIZE_UNKNOWN", "CHECKSUM"})

#: Within one day the number in a file's name outranks the order of arrival.
SEQUENCE_BASE = 1_000_000

Progress = Callable[[str], None]


@dataclass(frozen=True)
class FileOutcome:
    """What became of one entity of one file. ``is_new`` is False where an earlier run had settled it."""

    manifest: Manifest
    is_new: bool


@dataclass
class IngestResult:
    """Outcome of one source's ingest."""

    source: str
    files: list[FileOutcome] = field(default_factory=list)
    ignored: int = 0
    unknown_names: int = 0
    redelivered: int = 0
    transport_error: TransportError | None = None
    not_fetched: list[str] = field(default_factory=list)

    @property
    def new(self) -> list[Manifest]:
        """Manifests that this run wrote."""
        return [outcome.manifest for outcome in self.files if outcome.is_new]

    @property
    def broken(self) -> list[Manifest]:
        """Rejected tables for which no newer one of the same entity has loaded: a person must act."""
        newest: dict[str, Manifest] = {}
        for outcome in self.files:
            manifest = outcome.manifest
            if manifest.reason not in HARMLESS:
                newest[manifest.entity] = manifest
        standing = [m for m in newest.values() if m.state == "rejected"]
        fresh = [m for m in self.new if m.state == "rejected" and m.reason not in HARMLESS]
        return list({(m.entity, m.file_sha256): m for m in (*standing, *fresh)}.values())

    @property
    def state(self) -> str:
        """``rejected``, ``held`` or ``ok``; lateness is a matter of the figures' day, not of an ingest."""
        if self.transport_error is not None or self.broken or self.not_fetched:
            return "rejected"
        return "held" if any(m.state == "held" for m in self.new) else "ok"

    def summary(self) -> dict[str, object]:
        """Counts for logs, assets and XComs; no value of a person."""
        totals = Counter[str]()
        for manifest in self.new:
            for name in ("rows_in", "rows_loaded", "rows_quarantined", "rows_duplicate", "rows_blank"):
                totals[name] += getattr(manifest, name)
        return {
            "source": self.source,
            "state": self.state,
            "new_tables": len(self.new),
            "redelivered_files": self.redelivered,
            "ignored_files": self.ignored + self.unknown_names,
            "rejected": sorted({f"{m.entity}:{m.reason}" for m in self.broken}),
            "not_fetched": sorted(self.not_fetched),
            **{name: totals[name] for name in sorted(totals)},
        }

    def raise_for_failure(self) -> None:
        """Raise IngestFailed where a person must act, so that the task fails visibly and alone."""
        if self.transport_error is not None:
            raise IngestFailed(f"{self.source}: {self.transport_error}", code=self.transport_error.code)
        if self.not_fetched:
            codes = ", ".join(sorted(set(self.not_fetched)))
            raise IngestFailed(
                f"{self.source}: {len(self.not_fetched)} files could not be fetched ({codes}); the others are loaded. "
                "The next run tries again",
                code=self.not_fetched[0],
            )
        if self.broken:
            what = "; ".join(
                f"{m.entity} of {m.data_through_date:%Y-%m-%d} rejected as {m.reason}: {m.detail}" for m in self.broken
            )
            raise IngestFailed(f"{self.source}: {what}. Last good data stays; ask {self.source} for a new export")


def source_config(source_id: str, settings: Settings) -> SourceConfig:
    """The configuration of ``source_id``.

    Raises:
        SourceConfigError: where there is none, with the names that there are.
    """
    known = {path.stem: path for path in sorted((settings.project / "sources").glob("*.yml"))}
    if source_id not in known:
        raise SourceConfigError(f"no source {source_id!r}; there are: {', '.join(known)}")
    return load_source(known[source_id])


def ingest_source(source_id: str, settings: Settings, progress: Progress | None = None) -> IngestResult:
    """Bring everything that ``source_id`` has delivered into raw and quarantine.

    Raises:
        IngestFailed: after all else is done, where a file was rejected or the transport failed.
    """
    config = source_config(source_id, settings)
    with no_values_in_errors(IngestFailed, f"ingest of {source_id}"):
        result = ingest(config, settings, progress)
    result.raise_for_failure()
    return result


def ingest(source: SourceConfig, settings: Settings, progress: Progress | None = None) -> IngestResult:
    """As ``ingest_source``, without raising: the result says what failed."""
    settings.make_zones()
    say = progress or (lambda _: None)
    contracts = load_contracts(settings.project)
    entities = tuple(name for name, contract in contracts.items() if source.kind in contract.kinds)
    landing = Landing(settings.landing, source.source)
    result = IngestResult(source.source)
    with landing.lock():
        _pull(source, settings, landing, entities, result)
        zone = RawZone(settings, contracts)
        judge = _Judge(source, settings, contracts, zone, landing)
        for landed in landing.files():
            outcomes = judge.file(landed)
            result.files.extend(outcomes)
            for outcome in (o for o in outcomes if o.is_new):
                m = outcome.manifest
                line = (
                    f"source={m.source} entity={m.entity} file={m.file_name} sha256={m.file_sha256[:12]} "
                    f"state={m.state} reason={m.reason or '-'} rows_in={m.rows_in} loaded={m.rows_loaded} "
                    f"quarantined={m.rows_quarantined} duplicate={m.rows_duplicate} blank={m.rows_blank}"
                )
                log.log(logging.INFO if m.state == "loaded" else logging.WARNING, line)
                say(line)
    return result


def _pull(
    source: SourceConfig, settings: Settings, landing: Landing, entities: tuple[str, ...], result: IngestResult
) -> None:
    config = source.transport
    if settings.exports is not None:
        config = TransportConfig(url=f"file:{settings.exports / source.source}")
    try:
        environment = {**os.environ, "HRTP_INBOX": str(settings.inbox_root)}
        with open_transport(config, environment, base_dir=settings.project) as transport:
            for remote in transport.list():
                parsed = parse_file_name(remote.name, source, entities)
                if parsed is None:
                    result.unknown_names += 1
                    log.warning("source=%s state=ignored reason=UNKNOWN_NAME", source.source)
                    continue
                try:
                    path = landing.incoming()
                    transport.download(remote, path)
                except TransportError as error:
                    # one file that is still being written must not keep the others out
                    if error.code not in _OF_ONE_FILE:
                        raise
                    result.not_fetched.append(error.code)
                    log.error("source=%s file=%s state=failed reason=%s", source.source, remote.name, error.code)
                    continue
                if landing.keep(path, remote.name, parsed) is None:
                    result.redelivered += 1
                    log.info("source=%s file=%s state=skipped reason=DUPLICATE_FILE", source.source, remote.name)
            result.ignored = transport.ignored
            for refused in transport.refused:
                result.not_fetched.append(refused.code)
                log.error("source=%s state=refused reason=%s", source.source, refused.code)
    except TransportError as error:
        log.error("source=%s state=failed reason=%s %s", source.source, error.code, error.detail)
        result.transport_error = error


class _Judge:
    """Decides over the landed files of one source, one after the other."""

    def __init__(
        self,
        source: SourceConfig,
        settings: Settings,
        contracts: Mapping[str, EntityContract],
        zone: RawZone,
        landing: Landing,
    ) -> None:
        self._source = source
        self._settings = settings
        self._contracts = contracts
        self._zone = zone
        self._landing = landing
        self._rules = _fingerprint(source, settings, contracts)
        self._tables = {entity: zone.table(entity) for entity, c in contracts.items() if source.kind in c.kinds}
        self._settled = self._known_manifests()
        self._ambiguous = self._ambiguous_files()

    def _known_manifests(self) -> dict[tuple[str, str], Manifest]:
        version = self._zone.version()
        return {(m.entity, m.file_sha256): m for m in self._zone.manifests(version) if m.source == self._source.source}

    def _transactions(self, sha256: str) -> tuple[str, str]:
        """Transaction ids of a load (once for ever) and of a rejection (once a set of rules)."""
        base = f"{self._source.source}/{sha256}"
        return base, f"{base}/refused/{self._rules}"

    def _is_settled(self, entity: str, sha256: str) -> bool:
        table = self._tables[entity]
        return any(table.transaction_version(key) is not None for key in self._transactions(sha256))

    def _ambiguous_files(self) -> set[tuple[str, str]]:
        """(entity, sha256) of unsettled files that claim the same day and number as another one (fault T29)."""
        claims: dict[tuple[str, date, int], list[str]] = {}
        for landed in self._landing.files():
            for entity in landed.entities:
                if entity in self._tables and (entity, landed.sha256) not in self._settled:
                    claims.setdefault((entity, landed.data_through, landed.name_sequence), []).append(landed.sha256)
        return {(key[0], sha) for key, files in claims.items() if len(files) > 1 for sha in files}

    def file(self, landed: LandedFile) -> list[FileOutcome]:
        """Settle every entity of ``landed`` that is not settled yet."""
        entities = tuple(entity for entity in landed.entities if entity in self._tables)
        settled = [e for e in entities if self._is_settled(e, landed.sha256)]
        outcomes = [
            FileOutcome(self._settled[e, landed.sha256], is_new=False)
            for e in settled
            if (e, landed.sha256) in self._settled
        ]
        open_entities = tuple(entity for entity in entities if entity not in settled)
        if not open_entities:
            self._note_again(landed, entities)
            return outcomes
        if landed.size > self._settings.max_file_bytes:
            refused = FileRejected("TOO_LARGE", f"larger than {self._settings.max_file_bytes} bytes")
            tables = [EntityTable(entity, rejected=refused) for entity in open_entities]
        else:
            data = self._landing.read(landed)
            tables = list(read_file(data, landed.file_name, open_entities, self._source, self._contracts))
        for table in tables:
            manifest = self._table(landed, table)
            self._settled[manifest.entity, landed.sha256] = manifest
            outcomes.append(FileOutcome(manifest, is_new=True))
        self._note_again(landed, entities)
        return outcomes

    def _note_again(self, landed: LandedFile, entities: tuple[str, ...]) -> None:
        """Tell raw that a loaded file's bytes came again under a later day, so that it is not taken for old."""
        for day, number in self._landing.days_again(landed).items():
            for entity in entities:
                manifest = self._settled.get((entity, landed.sha256))
                if manifest is not None and manifest.state == "loaded":
                    again = replace(
                        manifest,
                        state=AGAIN,
                        data_through_date=day,
                        source_sequence=number,
                        transaction_id=f"{manifest.transaction_id}/again/{day:%Y%m%d}",
                        warnings={},
                    )
                    if self._tables[entity].transaction_version(again.transaction_id) is None:
                        self._zone.load(again, pd.DataFrame(), pd.DataFrame())

    def _table(self, landed: LandedFile, table: EntityTable) -> Manifest:
        load_key, refuse_key = self._transactions(landed.sha256)
        rejected = table.rejected or self._refuse_early(landed, table)
        gate: GateResult | None = None
        if rejected is None:
            gate = self._gate(landed, table)
            if gate.rejected is not None:
                rejected = FileRejected(gate.rejected, gate.detail)
        if rejected is not None or gate is None:
            code, detail = (rejected.code, rejected.detail) if rejected else ("INTERNAL", "")
            manifest = self._manifest(landed, table, "rejected", refuse_key, code, detail)
            self._zone.load(manifest, pd.DataFrame(), pd.DataFrame())
            return manifest
        if gate.held is not None:
            bad = len({f.row_number for f in gate.findings if f.severity == "error"})
            detail = f"{bad} of {len(table.frame)} rows are bad; correct them or approve"
            manifest = self._manifest(landed, table, "held", refuse_key, gate.held, detail)
            self._zone.load(manifest, pd.DataFrame(), self._findings(landed, table, gate))
            return manifest
        return self._load(landed, table, gate, load_key)

    def _load(self, landed: LandedFile, table: EntityTable, gate: GateResult, transaction: str) -> Manifest:
        frame = table.frame
        bad = {finding.row_number for finding in gate.findings if finding.severity == "error"}
        dropped = bad | set(gate.duplicates)
        good = frame.loc[~frame["row_number"].isin(dropped)]
        columns = [name for name in self._contracts[table.entity].columns if name in good.columns]
        rows = good[columns].copy()
        rows["_source"] = landed.source
        rows["_file_sha256"] = landed.sha256
        rows["_row_number"] = good["row_number"].astype("int64")
        rows["_warnings"] = [
            "|".join(sorted(gate.row_warnings[n])) if n in gate.row_warnings else None for n in good["row_number"]
        ]
        warnings = Counter(table.warnings)
        warnings.update(gate.warnings)
        manifest = self._manifest(
            landed,
            table,
            "loaded",
            transaction,
            rows_in=table.rows_in,
            rows_loaded=len(rows),
            rows_quarantined=len(bad),
            rows_duplicate=len(set(gate.duplicates) - bad),
            rows_blank=table.rows_blank,
            warnings={f"{code}:{column}": n for (code, column), n in sorted(warnings.items())},
        )
        self._zone.load(manifest, rows, self._findings(landed, table, gate))
        return manifest

    def _manifest(
        self,
        landed: LandedFile,
        table: EntityTable,
        state: str,
        transaction: str,
        reason: str | None = None,
        detail: str | None = None,
        **counts: object,
    ) -> Manifest:
        return Manifest(
            source=landed.source,
            entity=table.entity,
            file_sha256=landed.sha256,
            file_name=landed.file_name,
            mode=self._mode(landed, table),
            form=table.form,
            data_through_date=landed.data_through,
            received_at=landed.received_at,
            source_sequence=landed.name_sequence * SEQUENCE_BASE + landed.source_sequence,
            state=state,
            transaction_id=transaction,
            reason=reason,
            detail=detail,
            **counts,  # type: ignore[arg-type]
        )

    def _mode(self, landed: LandedFile, table: EntityTable) -> str:
        """The canonical form, by its header and its name, is a full export; a delta is what a source declares."""
        is_declared = table.form == "declared" and has_declared_name(landed.file_name, self._source, table.entity)
        return self._source.mapping(table.entity).mode if is_declared else "full"

    def _refuse_early(self, landed: LandedFile, table: EntityTable) -> FileRejected | None:
        """Checks that need no look at the rows: the day, the order, whose file it is."""
        today = max(filter(None, (landed.received_date, self._settings.as_of)))
        if landed.data_through > today:
            return FileRejected(
                "FUTURE_FILE", "the date in the file's name lies ahead; it is the day the data runs through"
            )
        if (table.entity, landed.sha256) in self._ambiguous:
            return FileRejected(
                "AMBIGUOUS", "several new files claim this day; number them in the name (_01, _02) or send one"
            )
        loaded = [m for (e, _), m in self._settled.items() if e == table.entity and m.state == "loaded"]
        if self._mode(landed, table) == "full" and any(m.data_through_date > landed.data_through for m in loaded):
            return FileRejected("OUT_OF_ORDER", "a newer export of this entity is loaded already")
        other = self._landing.other_source_of(landed.sha256)
        if other is not None and len(table.frame):
            return FileRejected("CROSS_SOURCE_DUPLICATE", f"{other} delivered the same bytes")
        return None

    def _gate(self, landed: LandedFile, table: EntityTable) -> GateResult:
        from hrtp.gate import DocsSink, run_gate

        result: GateResult = run_gate(
            table.frame,
            self._contracts[table.entity],
            self._source,
            data_through=landed.data_through,
            received_date=landed.received_date,
            docs=DocsSink(self._settings.data_docs, landed.source, table.entity, landed.sha256),
        )
        return result

    @staticmethod
    def _findings(landed: LandedFile, table: EntityTable, gate: GateResult) -> pd.DataFrame:
        return pd.DataFrame(
            [
                {
                    "source": landed.source,
                    "entity": table.entity,
                    "file_sha256": landed.sha256,
                    "row_number": finding.row_number,
                    "rule_id": finding.rule_id,
                    "rule_version": str(finding.rule_version),
                    "column_name": finding.column_name,
                    "severity": finding.severity,
                    "message": finding.message,
                }
                for finding in gate.findings
                if finding.severity == "error"
            ]
        )


def _fingerprint(source: SourceConfig, settings: Settings, contracts: Mapping[str, EntityContract]) -> str:
    """Changes when a rejected file deserves another look: other rules, other mapping, other release."""
    parts = [source.model_dump_json(exclude={"transport", "owner", "schedule", "tags"})]
    parts += [
        contracts[entity].model_dump_json() for entity in sorted(contracts) if source.kind in contracts[entity].kinds
    ]
    parts.append(json.dumps([JUDGEMENT, settings.max_file_bytes]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
