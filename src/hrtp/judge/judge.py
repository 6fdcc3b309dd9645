"""Over every landed file of a source: loaded, rejected, or held; each entity of it once, and for good reason.

Judging follows the landing zone's own order of events (batches of files, and operators' decisions between them), and a
file is judged against what had loaded before its place in that order. So the outcome is a function of the landing zone
and the code: a kill, a retry or a restore on an empty machine changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from hrtp.contracts import EntityContract
from hrtp.errors import FileRejected
from hrtp.judge.verdicts import (
    OF_THE_NAME,
    OWN_FAULT,
    SEQUENCE_BASE,
    fingerprint,
    held_before,
    own_fault,
    place_of,
    quarantine_rows,
    refused_before,
    speaks_of,
    too_many_bad,
    was_loaded,
)
from hrtp.landing import Batch, Decision, LandedFile, Landing, days_again, has_declared_name
from hrtp.raw import AGAIN, Manifest, RawZone
from hrtp.reading import EntityTable, read_file
from hrtp.settings import Settings
from hrtp.sources import SourceConfig
from hrtp.steps import step
from hrtp.submissions import Comparison, Submissions

if TYPE_CHECKING:
    from hrtp.gate import GateResult


#: What a file cannot help.
_THE_MACHINES_FAULT = (OSError, MemoryError)


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
        self._rules = fingerprint(source, settings, contracts)
        self._tables = {entity: zone.table(entity) for entity, c in contracts.items() if source.kind in c.kinds}
        self._settled = self._known_manifests()
        self._files = {landed.sha256: landed for landed in landing.files()}
        self._notes = landing.notes()
        self._decided = {(d.file_sha256, entity) for d in landing.ledger.decisions() for entity in d.entities}
        self._submissions = Submissions(zone)

    def _known_manifests(self) -> dict[tuple[str, str], Manifest]:
        version = self._zone.version()
        return {(m.entity, m.file_sha256): m for m in self._zone.manifests(version) if m.source == self._source.source}

    def outcomes(self) -> Iterator[FileOutcome]:
        """Settle whatever is not settled yet, event by event; what an earlier run settled comes along as it stands."""
        for event in self._landing.ledger.events():
            yield from self._batch(event) if isinstance(event, Batch) else self._decision(event)

    def _transactions(self, landed: LandedFile) -> tuple[str, str]:
        """Transaction ids of a load (once for ever) and of a rejection (once a set of rules, and a name)."""
        base = f"{self._source.source}/{landed.sha256}"
        name = "" if landed == self._files[landed.sha256] else f"/renamed/{landed.source_sequence}"
        return base, f"{base}{name}/refused/{self._rules}"

    def _renamed(self, note: str) -> LandedFile | None:
        """Bytes that came again, as their other name has them; None where there are none."""
        sha, _, arrival = note.partition(".")
        found = [again for again in self._notes.get(sha, ()) if str(again.source_sequence) == arrival]
        return found[0].of(self._files[sha]) if found and sha in self._files else None

    def _as_settled(self, manifest: Manifest) -> LandedFile:
        """The landed file under the name by which it was settled."""
        first = self._files[manifest.file_sha256]
        names = (again.of(first) for again in self._notes.get(first.sha256, ()))
        return next((landed for landed in names if speaks_of(manifest, landed)), first)

    def _is_done(self, entity: str, transaction: str) -> bool:
        return self._tables[entity].transaction_version(transaction) is not None

    def _is_settled(self, entity: str, landed: LandedFile) -> bool:
        settled = self._settled.get((entity, landed.sha256))
        if landed != self._files[landed.sha256]:
            # another name mends what was wrong with the first one, and nothing else
            if settled is None and self._counts(landed.sha256):
                return True
            if settled is not None and settled.reason not in OF_THE_NAME and not speaks_of(settled, landed):
                return True
        elif settled is not None and settled.reason == OWN_FAULT:
            return False
        # an operator's word stands, whatever the rules have become since
        elif (landed.sha256, entity) in self._decided and settled is not None:
            return True
        return any(self._is_done(entity, key) for key in self._transactions(landed))

    def _counts(self, sha256: str) -> bool:
        """Whether these bytes have loaded before this place in the order of events."""
        loaded = (m.file_sha256 for entity in self._tables for m in self._submissions.loaded_before(entity))
        return sha256 in loaded

    def _batch(self, batch: Batch) -> Iterator[FileOutcome]:
        files = [self._files[sha] for sha in batch.files if sha in self._files]
        renamed = [landed for landed in map(self._renamed, batch.renamed) if landed is not None]
        for group in (files, renamed):
            group.sort(key=lambda f: (f.data_through, f.name_sequence, f.source_sequence))
        # bytes that count already say nothing new about a day
        ambiguous = self._ambiguous([*files, *(f for f in renamed if not self._counts(f.sha256))])
        for landed in (*files, *renamed):
            yield from self._file(landed, ambiguous, batch.as_of)

    def _ambiguous(self, files: list[LandedFile]) -> set[tuple[str, date, int]]:
        """(entity, day, number) that several files of one batch claim (fault T29)."""
        claims: dict[tuple[str, date, int], set[str]] = {}
        for landed in files:
            for entity in landed.entities:
                claims.setdefault((entity, landed.data_through, landed.name_sequence), set()).add(landed.sha256)
        return {claim for claim, rivals in claims.items() if len(rivals) > 1}

    def _file(
        self, landed: LandedFile, ambiguous: set[tuple[str, date, int]], as_of: date | None
    ) -> Iterator[FileOutcome]:
        """Settle every entity of ``landed`` that is not settled yet."""
        entities = tuple(entity for entity in landed.entities if entity in self._tables)
        settled = [e for e in entities if self._is_settled(e, landed)]
        for entity in settled:
            manifest = self._settled.get((entity, landed.sha256))
            if manifest is not None:
                if (landed.sha256, entity) not in self._decided and speaks_of(manifest, landed):
                    self._submissions.note(manifest)
                yield FileOutcome(manifest, is_new=False)
        for table in self._read(landed, tuple(entity for entity in entities if entity not in settled)):
            early = self._refuse_early(landed, table, ambiguous, as_of)
            manifest = self._table(landed, table, early)
            self._submissions.note(manifest)
            yield FileOutcome(manifest, is_new=True)
        self._note_again(landed.sha256, entities)

    def _decision(self, decision: Decision) -> Iterator[FileOutcome]:
        """Do as an operator said of a file that waited."""
        first = self._files.get(decision.file_sha256)
        if first is None:
            return
        load_key, _ = self._transactions(first)
        reject_key = f"{load_key}/rejected/{decision.number}"
        for entity in (e for e in decision.entities if e in self._tables):
            settled = self._settled.get((entity, first.sha256))
            if self._is_done(entity, load_key) or self._is_done(entity, reject_key):
                if settled is not None and self._is_done(entity, load_key):
                    self._submissions.note(settled)
                continue
            landed = first if settled is None else self._as_settled(settled)
            for table in self._read(landed, (entity,)):
                if decision.verdict == "approve":
                    manifest = self._table(landed, table, None, approved=True)
                else:
                    why = "an operator has rejected the file; send a corrected export"
                    manifest = self._manifest(landed, table, "rejected", reject_key, "OPERATOR_REJECTED", why)
                    self._commit(manifest, pd.DataFrame(), pd.DataFrame())
                self._submissions.note(manifest)
                yield FileOutcome(manifest, is_new=True)
        self._note_again(first.sha256, decision.entities)

    def _read(self, landed: LandedFile, entities: tuple[str, ...]) -> list[EntityTable]:
        if not entities:
            return []
        if landed.size > self._settings.max_file_bytes:
            refused = FileRejected("TOO_LARGE", f"larger than {self._settings.max_file_bytes} bytes")
            return [EntityTable(entity, rejected=refused) for entity in entities]
        data = self._landing.read(landed)
        try:
            return list(read_file(data, landed.file_name, entities, self._source, self._contracts))
        except _THE_MACHINES_FAULT:
            raise
        except Exception as error:
            refused = own_fault(landed, error)
            return [EntityTable(entity, rejected=refused) for entity in entities]

    def _note_again(self, sha256: str, entities: tuple[str, ...]) -> None:
        """Tell raw that a loaded file's bytes came again under a later day, so that it is not taken for old."""
        notes = self._notes.get(sha256, ())
        for entity in entities if notes else ():
            manifest = self._settled.get((entity, sha256))
            if manifest is None or manifest.state != "loaded":
                continue
            for day, (number, arrival) in days_again(self._as_settled(manifest), notes).items():
                again = replace(
                    manifest,
                    state=AGAIN,
                    data_through_date=day,
                    source_sequence=number * SEQUENCE_BASE + arrival,
                    transaction_id=f"{manifest.transaction_id}/again/{day:%Y%m%d}",
                    warnings={},
                )
                if not self._is_done(entity, again.transaction_id):
                    self._zone.load(again, pd.DataFrame(), pd.DataFrame())

    def _commit(self, manifest: Manifest, rows: pd.DataFrame, findings: pd.DataFrame) -> None:
        self._zone.load(manifest, rows, findings)
        self._settled[manifest.entity, manifest.file_sha256] = manifest
        self._tables[manifest.entity] = self._zone.table(manifest.entity)
        step("judge.settled")

    def _table(
        self, landed: LandedFile, table: EntityTable, early: FileRejected | None, *, approved: bool = False
    ) -> Manifest:
        load_key, refuse_key = self._transactions(landed)
        pin = None if approved else self._landing.pinned(landed.sha256, table.entity)
        if pin is not None and pin.source_sequence not in (None, place_of(landed)):
            pin = None  # decided under another of its names
        rejected = refused_before(pin) or table.rejected or early
        if rejected is None:
            try:
                gate, comparison = self._examine(landed, table, was_loaded=was_loaded(pin))
            except FileRejected as rejection:
                rejected = rejection
            except _THE_MACHINES_FAULT:
                raise
            except Exception as error:
                rejected = own_fault(landed, error)
        if rejected is not None:
            manifest = self._manifest(landed, table, "rejected", refuse_key, rejected.code, rejected.detail)
            self._commit(manifest, pd.DataFrame(), pd.DataFrame())
            return manifest
        contract = self._contracts[table.entity]
        findings = [*gate.findings, *comparison.findings]
        held = held_before(pin) if pin else comparison.held or too_many_bad(table, findings, contract)
        if held is not None and not approved:
            manifest = self._manifest(landed, table, "held", refuse_key, held.code, held.detail)
            self._commit(manifest, pd.DataFrame(), quarantine_rows(landed, table, findings))
            return manifest
        detail = "approved by an operator" if approved else pin.detail if pin else None
        return self._load(landed, table, gate, comparison, load_key, detail)

    def _load(
        self,
        landed: LandedFile,
        table: EntityTable,
        gate: GateResult,
        comparison: Comparison,
        transaction: str,
        detail: str | None,
    ) -> Manifest:
        frame = table.frame
        findings = [*gate.findings, *comparison.findings]
        bad = {finding.row_number for finding in findings if finding.severity == "error"}
        dropped = bad | set(gate.duplicates)
        good = frame.loc[~frame["row_number"].isin(dropped)]
        columns = [name for name in self._contracts[table.entity].columns if name in good.columns]
        rows = good[columns].copy()
        rows["_source"] = landed.source
        rows["_file_sha256"] = landed.sha256
        rows["_row_number"] = good["row_number"].astype("int64")
        rows["_warnings"] = [
            "|".join(sorted({*gate.row_warnings.get(n, ()), *comparison.row_warnings.get(n, ())})) or None
            for n in good["row_number"]
        ]
        warnings = Counter(table.warnings)
        warnings.update(gate.warnings)
        warnings.update(comparison.warnings(dropped))
        warnings.update(self._of_the_delivery(landed, table.entity))
        manifest = self._manifest(
            landed,
            table,
            "loaded",
            transaction,
            detail=detail,
            rows_in=table.rows_in,
            rows_loaded=len(rows),
            rows_quarantined=len(bad),
            rows_duplicate=len(set(gate.duplicates) - bad),
            rows_blank=table.rows_blank,
            warnings={f"{code}:{column}": n for (code, column), n in sorted(warnings.items())},
        )
        self._commit(manifest, rows, quarantine_rows(landed, table, findings))
        return manifest

    def _of_the_delivery(self, landed: LandedFile, entity: str) -> dict[tuple[str, str], int]:
        """Warnings that no row brings: how the file lay at the partner's, and that it replaces one of its own day."""
        codes = {(code, "file"): 1 for code in landed.warnings}
        place = (landed.data_through, landed.name_sequence)
        for m in self._submissions.loaded_before(entity):
            if (m.data_through_date, m.source_sequence // SEQUENCE_BASE) == place and m.file_sha256 != landed.sha256:
                codes["SUPERSEDES", "file"] = 1
        return codes

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
            source_sequence=place_of(landed),
            state=state,
            transaction_id=transaction,
            reason=reason,
            detail=detail,
            **counts,  # type: ignore[arg-type]
        )

    def _mode(self, landed: LandedFile, table: EntityTable) -> str:
        """The canonical form, by its header and its name, is a full export; a delta is what a source declares."""
        # of a file that could not be read only the name is known
        may_be_declared = table.form == "declared" or table.rejected is not None
        is_declared = may_be_declared and has_declared_name(landed.file_name, self._source, table.entity)
        return self._source.mapping(table.entity).mode if is_declared else "full"

    def _refuse_early(
        self, landed: LandedFile, table: EntityTable, ambiguous: set[tuple[str, date, int]], as_of: date | None
    ) -> FileRejected | None:
        """Checks that need no look at the rows: the day, the order, whose file it is."""
        today = max(filter(None, (landed.received_date, as_of)))
        if landed.data_through > today:
            return FileRejected(
                "FUTURE_FILE", "the date in the file's name lies ahead; it is the day the data runs through"
            )
        if (table.entity, landed.data_through, landed.name_sequence) in ambiguous:
            return FileRejected(
                "AMBIGUOUS", "several new files claim this day; number them in the name (_01, _02) or send one"
            )
        loaded = self._submissions.loaded_before(table.entity)
        if self._mode(landed, table) == "full" and any(m.data_through_date > landed.data_through for m in loaded):
            return FileRejected("OUT_OF_ORDER", "a newer export of this entity is loaded already")
        other = self._landing.other_source_of(landed.sha256)
        if other is not None and len(table.frame):
            return FileRejected("CROSS_SOURCE_DUPLICATE", f"{other} delivered the same bytes")
        return None

    def _examine(self, landed: LandedFile, table: EntityTable, *, was_loaded: bool) -> tuple[GateResult, Comparison]:
        """The rows by themselves, then against what came before.

        Raises:
            FileRejected: where the gate refuses the whole file.
        """
        gate = self._gate(landed, table)
        if gate.rejected is not None and not (was_loaded and gate.rejected == "EMPTY_EXPORT"):
            raise FileRejected(gate.rejected, gate.detail)
        contract = self._contracts[table.entity]
        is_full = self._mode(landed, table) == "full"
        return gate, self._submissions.compare(landed, table, contract, gate, is_full=is_full)

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
