"""What never reached the evidence of an indicator: quarantined rows, held and rejected files, missing deliveries."""

from __future__ import annotations

import csv
from collections import Counter

import duckdb

from hrtp.contracts import RuleFamily, load_catalogue
from hrtp.explain.model import ByRule, NotInEvidence, QuarantinedRow, Undelivered, WaitingFile
from hrtp.marts import rows
from hrtp.settings import Settings

_INPUTS = "seeds/indicator_inputs.csv"
#: The sources that feed a scope: all of them for the total, else the sector's own and those that have no sector.
_FEEDING = """
feeding as (
    select source from source_freshness where $1 = 'all' or sector is null or sector = $1
)
"""
_ROWS = f"""
with {_FEEDING}
select q.source, q.entity, l.file_name, q.file_sha256, q.row_number, q.rule_id, q.column_name, q.message
from quarantined_rows as q
inner join load_reconciliation as l
    on q.source = l.source and q.entity = l.entity and q.file_sha256 = l.file_sha256
inner join feeding on q.source = feeding.source
where q.severity = 'error' and l.is_current and list_contains($2::varchar[], q.entity)
order by q.source, q.entity, l.file_name, q.row_number, q.rule_id, q.column_name
"""
# A file is overtaken by a later one of its entity that loaded; a delta only by a full one, or by one of the same day.
# A refused file of no known entity may have held any, until the source delivered something newer.
_FILES = f"""
with {_FEEDING}
select f.source, f.entity, f.file_name, f.file_sha256, f.state, f.reason, f.rows_in, f.received_at
from load_reconciliation as f
inner join feeding on f.source = feeding.source
left join source_entity_freshness as known on f.source = known.source and f.entity = known.entity
where f.state in ('held', 'rejected')
    and coalesce(f.reason, '') not in ('OUT_OF_ORDER', 'DUPLICATE_FILE')
    and (known.entity is null or list_contains($2::varchar[], f.entity))
    and not exists (
        select 1 from load_reconciliation as newer
        where newer.source = f.source and newer.state = 'loaded'
            and case when known.entity is null then newer.source_sequence > f.source_sequence
                else newer.entity = f.entity
                    and (coalesce(newer.data_through_date >= f.data_through_date, true))
                    and newer.source_sequence > f.source_sequence
                    and (newer.mode = 'full' or f.mode is distinct from 'delta'
                        or newer.data_through_date = f.data_through_date)
            end
    )
order by f.source, f.entity, f.source_sequence, f.file_name
"""
_UNDELIVERED = f"""
with {_FEEDING}
select e.source, e.entity, e.data_through_date, e.is_missing
from source_entity_freshness as e
inner join feeding on e.source = feeding.source
where (e.is_missing or e.is_behind) and list_contains($2::varchar[], e.entity)
order by e.source, e.entity
"""


def inputs_of(settings: Settings, indicator: str) -> list[str]:
    """The entities that feed an indicator."""
    with (settings.project / _INPUTS).open(encoding="utf-8", newline="") as handle:
        return sorted(row["entity"] for row in csv.DictReader(handle) if row["indicator_key"] == indicator)


def not_in_evidence(
    connection: duckdb.DuckDBPyConnection, settings: Settings, indicator: str, sector: str
) -> NotInEvidence:
    """What could still move the figure, as of the day of the build."""
    entities = inputs_of(settings, indicator)
    catalogue = load_catalogue(settings.project)
    asked: list[object] = [sector, entities]

    def words(reason: object) -> RuleFamily | None:
        return catalogue.get(str(reason))

    quarantined = []
    for row in rows(connection, _ROWS, asked):
        family = words(row["rule_id"])
        quarantined.append(QuarantinedRow(**row, how_to_resolve=family.how_to_resolve if family else None))  # type: ignore[arg-type]
    files = []
    for row in rows(connection, _FILES, asked):
        family = words(row["reason"])
        files.append(
            WaitingFile(
                **row,  # type: ignore[arg-type]
                message=family.message if family else None,
                how_to_resolve=family.how_to_resolve if family else None,
            )
        )
    counts = Counter((row.source, row.entity, row.rule_id, row.message) for row in quarantined)
    return NotInEvidence(
        entities,
        len({(row.source, row.entity, row.file_sha256, row.row_number) for row in quarantined}),
        [ByRule(*key, n_rows) for key, n_rows in sorted(counts.items())],
        quarantined,
        files,
        [Undelivered(**row) for row in rows(connection, _UNDELIVERED, asked)],  # type: ignore[arg-type]
    )
