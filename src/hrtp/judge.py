"""Over every landed file of a source: loaded, rejected, or held; each entity of it once, and for good reason."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.landing import LandedFile, Landing, has_declared_name
from hrtp.raw import AGAIN, Manifest, RawZone
from hrtp.reading import EntityTable, read_file
from hrtp.settings import Settings
from hrtp.sources import SourceConfig

if TYPE_CHECKING:
    from hrtp.gate import GateResult

#: Raise this when reading or judging changes, so that files which an older release rejected are judged again.
JUDGEMENT = 1

#: Within one day the number in a file's name outranks the order of arrival.
SEQUENCE_BASE = 1_000_000


@dataclass(frozen=True)
class FileOutcome:
    """What became of one entity of one file. ``is_new`` is False where an earlier run had settled it."""

    manifest: Manifest
    is_new: bool


class Judge:
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
