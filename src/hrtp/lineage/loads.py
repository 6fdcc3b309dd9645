"""What an ingest did: each file that it judged, into the table of its entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc

from hrtp.contracts import EntityContract, load_contracts
from hrtp.lineage.columns import column_lineage, origins
from hrtp.lineage.datasets import Check, raw_facets, read_file, written
from hrtp.lineage.events import Ending, Events, Work
from hrtp.lineage.names import partner_file
from hrtp.raw import Manifest, RawZone
from hrtp.sources import SourceConfig

_ENDINGS: Mapping[str, Ending] = {"loaded": "COMPLETE", "held": "ABORT", "rejected": "FAIL"}
#: Rule, column and severity of a finding.
_Finding = tuple[str, str | None, str]


def loads(source: SourceConfig, manifests: Sequence[Manifest]) -> Callable[[Events], Iterable[Work]]:
    """What was done with the files that ``manifests`` are about, all of one source."""

    def describe(events: Events) -> Iterator[Work]:
        contracts = load_contracts(events.settings.project)
        findings = _findings(RawZone(events.settings, contracts), source.source, manifests)
        for manifest in manifests:
            found = findings.get((manifest.entity, manifest.file_sha256), Counter())
            yield _load(events, manifest, source, contracts[manifest.entity], found)

    return describe


def _load(
    events: Events, manifest: Manifest, source: SourceConfig, contract: EntityContract, found: Counter[_Finding]
) -> Work:
    entity, settings = manifest.entity, events.settings
    place = partner_file(manifest, source, settings)
    found_in = origins(source, contract, manifest.form)
    is_loaded = manifest.state == "loaded"
    file = read_file(
        place,
        sha256=manifest.file_sha256,
        n_rows=manifest.rows_in,
        owner=source.owner.name,
        headers=(header for origin in found_in.values() for header in origin.headers),
        checks=_checks(manifest, contract, found),
    )
    outputs = [written("raw.load_manifest", n_rows=1)]
    if is_loaded:
        known = raw_facets(contract, column_lineage(place, found_in))
        where = f"file|{settings.raw / entity}"
        outputs.append(written(f"raw.{entity}", known, n_rows=manifest.rows_loaded, places=[where]))
        if manifest.rows_quarantined:
            outputs.append(written("raw.quarantined_rows", n_rows=sum(found.values())))
    return Work(
        job=f"ingest.{manifest.source}.{entity}",
        inputs=[file],
        outputs=outputs,
        kind="LOAD",
        ending=_ENDINGS[manifest.state],
        reason=manifest.reason,
        facts={
            "file_sha256": manifest.file_sha256,
            "data_through_date": manifest.data_through_date,
            "mode": manifest.mode,
            "form": manifest.form,
            **{
                name: getattr(manifest, name)
                for name in ("rows_in", "rows_loaded", "rows_quarantined", "rows_duplicate", "rows_blank")
            },
        },
        path=(Path("sources") / f"{manifest.source}.yml").as_posix(),
        description=f"Load {contract.title} of {source.name}",
        owner=source.owner.name,
    )


def _checks(manifest: Manifest, contract: EntityContract, found: Counter[_Finding]) -> Iterator[Check]:
    """Every rule of the entity that nothing broke, then what was broken, by rule and column."""
    failed = {(rule, column) for rule, column, _ in found}
    if manifest.state == "loaded":
        for rule in contract.rules:
            if (rule.id, rule.column) not in failed:
                yield Check(rule.id, True, rule.severity, rule.column)
    for (name, column, severity), n in sorted(found.items(), key=str):
        yield Check(name, False, severity, column, n)


def _findings(zone: RawZone, source: str, manifests: Sequence[Manifest]) -> dict[tuple[str, str], Counter[_Finding]]:
    """(entity, sha256) -> how many rows each rule found; rows that only warn stay in raw and are counted as well."""
    counts: dict[tuple[str, str], Counter[_Finding]] = {}
    for manifest in manifests:
        counter = counts.setdefault((manifest.entity, manifest.file_sha256), Counter())
        for key, n in manifest.warnings.items():
            rule, _, column = key.partition(":")
            counter[rule, column or None, "warn"] += n
    mine = [m.transaction_id for m in manifests if m.rows_quarantined or m.state == "held"]
    if mine:
        columns = ["entity", "file_sha256", "rule_id", "column_name", "severity"]
        wanted = (pc.field("source") == source) & pc.field("transaction_id").isin(mine)
        rows = zone.quarantine_table().to_pyarrow_dataset().to_table(columns=columns, filter=wanted).to_pylist()
        for row in rows:
            counter = counts[row["entity"], row["file_sha256"]]
            counter[row["rule_id"], row["column_name"], row["severity"]] += 1
    return counts
