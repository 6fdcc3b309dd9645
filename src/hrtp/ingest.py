"""One source's ingest: pull, land, read, gate, load. Idempotent: any retry, any order, the same result."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from hrtp.contracts import load_contracts
from hrtp.disk import require_room
from hrtp.errors import IngestFailed, SourceConfigError, TransportError, no_values_in_errors
from hrtp.judge import FileOutcome, Judge
from hrtp.landing import Landing, TamperedError, parse_file_name
from hrtp.lineage import observed
from hrtp.outcomes import keep_note, names_of
from hrtp.raw import Manifest, RawZone
from hrtp.redaction import redact_on_arrival, refuse_unfinished
from hrtp.settings import Settings
from hrtp.sources import SourceConfig, load_source
from hrtp.steps import step
from hrtp.transport import TransportConfig, open_transport

if TYPE_CHECKING:
    from hrtp.lineage.events import Events, Work
    from hrtp.transport import RemoteFile

log = logging.getLogger("hrtp.ingest")

#: Rejections after which nothing is left to do here: newer data is in the figures, or an operator has spoken.
HARMLESS = frozenset({"OUT_OF_ORDER", "OPERATOR_REJECTED"})

#: Failures of a transport that concern one file only.
_OF_ONE_FILE = frozenset({"UNSTABLE", "DENIED", "NOT_REGULAR_FILE", "PERMS", "BAD_NAME", "SIZE_UNKNOWN", "CHECKSUM"})

Progress = Callable[[str], None]


def without_misnamed(manifests: Iterable[Manifest]) -> list[Manifest]:
    """All but what was refused under a name of another entity, where the same bytes have loaded under their own."""
    known = list(manifests)
    loaded = {(m.source, m.file_sha256): m.source_sequence for m in known if m.state == "loaded"}
    return [
        m
        for m in known
        if m.state == "loaded" or loaded.get((m.source, m.file_sha256), m.source_sequence) == m.source_sequence
    ]


def standing_tables(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Tables of one source that did not load, that somebody must still act on.

    A full export makes up for every older one of its entity. A delta does not: only the same day's delta, sent again,
    or a later full export does.
    """
    known = without_misnamed(manifests)
    loaded = [m for m in known if m.state == "loaded"]

    def is_made_good(m: Manifest, by: Manifest) -> bool:
        if by.entity != m.entity or _place(by) < _place(m):
            return False
        return by.mode == "full" or m.mode == "full" or by.data_through_date == m.data_through_date

    newest: dict[tuple[str, date | None], Manifest] = {}
    for m in known:
        if m.state != "loaded" and m.reason not in HARMLESS and not any(is_made_good(m, by) for by in loaded):
            day = m.data_through_date if m.mode == "delta" else None
            newest[m.entity, day] = max(newest.get((m.entity, day), m), m, key=_place)
    return list(newest.values())


def _place(m: Manifest) -> tuple[date, int, str]:
    return m.data_through_date, m.source_sequence, m.file_sha256


@dataclass
class IngestResult:
    """Outcome of one source's ingest."""

    source: str
    ignored: int = 0
    unknown_names: int = 0
    redelivered: int = 0
    transport_error: TransportError | None = None
    not_fetched: list[str] = field(default_factory=list)
    tampered: TamperedError | None = None
    _tables: dict[tuple[str, str], FileOutcome] = field(default_factory=dict, repr=False)

    def add(self, outcome: FileOutcome) -> None:
        """Note an outcome; a later one of the same table, an operator's word, is the one that counts.

        Bytes that came twice in one delivery are settled once: that the second name finds them settled says nothing.
        """
        key = outcome.manifest.entity, outcome.manifest.file_sha256
        before = self._tables.get(key)
        if before is None or outcome.is_new or before.manifest != outcome.manifest:
            self._tables[key] = outcome

    @property
    def files(self) -> list[FileOutcome]:
        """What became of every entity of every landed file."""
        return list(self._tables.values())

    @property
    def new(self) -> list[Manifest]:
        """Manifests that this run wrote."""
        return [outcome.manifest for outcome in self.files if outcome.is_new]

    @property
    def broken(self) -> list[Manifest]:
        """Rejected tables that nothing has made good since: a person must act."""
        standing = [m for m in standing_tables(o.manifest for o in self.files) if m.state == "rejected"]
        fresh = [m for m in self.new if m.state == "rejected" and m.reason not in HARMLESS]
        return list({(m.entity, m.file_sha256): m for m in (*standing, *fresh)}.values())

    @property
    def held(self) -> list[Manifest]:
        """Tables that wait for an operator, and that nothing has overtaken."""
        return [m for m in standing_tables(o.manifest for o in self.files) if m.state == "held"]

    @property
    def data_through(self) -> date | None:
        """The last day that loaded data runs through; None before anything has loaded."""
        return max((o.manifest.data_through_date for o in self.files if o.manifest.state == "loaded"), default=None)

    @property
    def state(self) -> str:
        """``rejected``, ``held`` or ``ok``; lateness is a matter of the figures' day, not of an ingest."""
        if self.transport_error or self.tampered or self.broken or self.not_fetched:
            return "rejected"
        return "held" if self.held else "ok"

    def summary(self) -> dict[str, object]:
        """Counts for logs, assets and XComs; no value of a person."""
        totals = Counter[str]()
        for manifest in self.new:
            for name in ("rows_in", "rows_loaded", "rows_quarantined", "rows_duplicate", "rows_blank"):
                totals[name] += getattr(manifest, name)
        return {
            "source": self.source,
            "state": self.state,
            "data_through": self.data_through.isoformat() if self.data_through else None,
            "new_tables": len(self.new),
            "redelivered_files": self.redelivered,
            "ignored_files": self.ignored + self.unknown_names,
            "rejected": sorted({f"{m.entity}:{m.reason}" for m in self.broken}),
            "held": sorted({f"{m.entity}:{m.reason}" for m in self.held}),
            "not_fetched": sorted(self.not_fetched),
            **{name: totals[name] for name in sorted(totals)},
        }

    def raise_for_failure(self) -> None:
        """Raise IngestFailed where a person must act, so that the task fails visibly and alone."""
        if self.tampered is not None:
            raise IngestFailed(str(self.tampered), code=self.tampered.code)
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
    with observed(settings, f"ingest.{source_id}") as seen:
        with no_values_in_errors(IngestFailed, f"ingest of {source_id}"):
            result = ingest(config, settings, progress)
        seen.did(lambda events: _lineage(events, config, result.new))
        result.raise_for_failure()
    return result


def _lineage(events: Events, source: SourceConfig, new: list[Manifest]) -> Iterable[Work]:
    from hrtp.lineage.loads import loads

    return loads(source, new)(events)


def ingest(
    source: SourceConfig, settings: Settings, progress: Progress | None = None, *, pull: bool = True
) -> IngestResult:
    """As ``ingest_source``, without raising: the result says what failed.

    With ``pull`` false nothing is fetched; what has landed is judged, as after an operator's word or in a restore.
    """
    settings.make_zones()
    say = progress or (lambda _: None)
    contracts = load_contracts(settings.project)
    entities = tuple(name for name, contract in contracts.items() if source.kind in contract.kinds)
    landing = Landing(settings.landing, source.source)
    result = IngestResult(source.source)
    with landing.lock():
        if pull:
            refuse_unfinished(settings.landing)
            _pull(source, settings, landing, entities, result)
            step("ingest.pulled")
        landing.close_batch(settings.as_of)
        step("ingest.batch_closed")
        zone = RawZone(settings, contracts)
        judge = Judge(source, settings, contracts, zone, landing)
        try:
            for outcome in judge.outcomes():
                result.add(outcome)
                if outcome.is_new:
                    _report(outcome.manifest, say)
        except TamperedError as error:
            log.error("source=%s state=failed reason=%s", source.source, error.code)
            result.tampered = error
    return result


def _report(m: Manifest, say: Progress) -> None:
    line = (
        f"source={m.source} entity={m.entity} file={m.file_name} sha256={m.file_sha256[:12]} "
        f"state={m.state} reason={m.reason or '-'} rows_in={m.rows_in} loaded={m.rows_loaded} "
        f"quarantined={m.rows_quarantined} duplicate={m.rows_duplicate} blank={m.rows_blank}"
    )
    log.log(logging.INFO if m.state == "loaded" else logging.WARNING, line)
    say(line)


def _pull(
    source: SourceConfig, settings: Settings, landing: Landing, entities: tuple[str, ...], result: IngestResult
) -> None:
    config = source.transport
    if settings.exports is not None:
        config = TransportConfig(url=f"file:{settings.exports / source.source}")
    try:
        environment = {**os.environ, "HRTP_INBOX": str(settings.inbox_root)}
        with open_transport(config, environment, base_dir=settings.project) as transport:
            offered = transport.list()
            require_room(settings.landing, _new_bytes(offered, landing), f"ingest of {source.source}")
            for remote in offered:
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
                original = redact_on_arrival(path, remote.name, parsed, source, settings)
                landed = landing.keep(path, remote.name, parsed, tuple(str(code) for code in remote.warnings))
                for code in remote.warnings:
                    log.warning("source=%s file=%s state=landed reason=%s", source.source, remote.name, code)
                if landed is not None and original is not None:
                    landing.write_sidecar(landed, redacted_from=original)
                if landed is None:
                    result.redelivered += 1
                    log.info("source=%s file=%s state=skipped reason=DUPLICATE_FILE", source.source, remote.name)
            _note_unknown_names(source, settings, entities, result.unknown_names)
            result.ignored = transport.ignored
            for refused in transport.refused:
                result.not_fetched.append(refused.code)
                log.error("source=%s state=refused reason=%s", source.source, refused.code)
    except TransportError as error:
        log.error("source=%s state=failed reason=%s %s", source.source, error.code, error.detail)
        if error.code == "LOCAL_DISK":
            # the partner is not to blame: nothing is judged until all of the delivery can be kept
            raise
        result.transport_error = error


def _note_unknown_names(source: SourceConfig, settings: Settings, entities: tuple[str, ...], n: int) -> None:
    """A partner whose file has a name that fits nothing believes it delivered. What it is called may be a person's."""
    patterns = sorted({source.mapping(e).file or f"{e}_{{date}}.csv" for e in entities})
    text = f"{n} {'file has a name' if n == 1 else 'files have names'} that nothing expects, and nobody reads "
    text += f"{'it' if n == 1 else 'them'}; expected are {', '.join(patterns)} with the day as YYYYMMDD"
    keep_note(settings, names_of(source.source), "UNKNOWN_NAME", text if n else None)


def _new_bytes(offered: Sequence[RemoteFile], landing: Landing) -> int:
    """Bytes of what has not landed under the same name and size, and room for the largest of the others to pass."""
    known = {(landed.file_name, landed.size) for landed in landing.files()}
    new = sum(remote.size or 0 for remote in offered if (remote.name, remote.size) not in known)
    return new + max((remote.size or 0 for remote in offered if (remote.name, remote.size) in known), default=0)
