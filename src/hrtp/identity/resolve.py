"""Raw records in, ``record_keys.parquet`` out: which record belongs to which ``person_key``."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hrtp.identity.keys import PersonKey
from hrtp.identity.match import components, normalise_id
from hrtp.landing import sync_folder
from hrtp.settings import Settings
from hrtp.steps import step

SCHEMA = pa.schema(
    [("source", pa.string()), ("record_type", pa.string()), ("record_id", pa.string()), ("person_key", pa.string())]
)

# The newest accepted writing of a record stands for it; every record accepted by the day takes part, so that a person
# who is gone from an export keeps the key, and an incoming record is compared with all people. A source of which
# nothing runs through that day yet takes part with its earliest export, as its rows do (`stg_current_files`).
_RECORDS = """
with loaded as (
    select source, entity, file_sha256, data_through_date, source_sequence,
        coalesce(first_days.first_day, data_through_date) as first_day,
        data_through_date <= $as_of as is_in_time,
    from raw.load_manifest
    left join first_days using (source, entity, file_sha256)
    where state = 'loaded'
),
files as (
    from loaded
    qualify is_in_time or $with_later or (
        not bool_or(is_in_time) over (partition by source, entity)
        and data_through_date = min(data_through_date) over (partition by source, entity)
    )
),
people as (
    select p._source as source, 'participant' as record_type, p.participant_id as record_id,
        p.caljobs_id, p.first_name, p.last_name, p.date_of_birth, p.ssn_last4,
        f.data_through_date, f.first_day, f.source_sequence, p._row_number,
    from raw.participants as p
    inner join files as f
        on p._source = f.source and f.entity = 'participants' and p._file_sha256 = f.file_sha256
    union all
    select p._source, 'caljobs', p.pirl_100, p.pirl_100, null, null, p.pirl_200, null,
        f.data_through_date, f.first_day, f.source_sequence, p._row_number,
    from raw.pirl as p
    inner join files as f on p._source = f.source and f.entity = 'pirl' and p._file_sha256 = f.file_sha256
)
select source, record_type, record_id, caljobs_id, first_name, last_name, date_of_birth, ssn_last4,
    min(first_day) over record as first_seen,
from people
window record as (partition by source, record_type, record_id)
qualify row_number() over (record order by data_through_date desc, source_sequence desc, _row_number desc) = 1
order by source, record_type, record_id
"""

#: The day that each file ran through when it first came; raw moves it where the same bytes come again.
_FIRST_DAYS: list[pa.Field[Any]] = [
    *(pa.field(name, pa.string()) for name in ("source", "entity", "file_sha256")),
    pa.field("first_day", pa.date32()),
]
FIRST_DAYS = pa.schema(_FIRST_DAYS)

_HAS_LATER = "select count(*) from raw.load_manifest where state = 'loaded' and data_through_date > ?"

_STATE_IDS = """
select distinct _source as source, caljobs_id as record_id
from raw.caljobs_activities
where caljobs_id is not null
order by all
"""


def resolve(
    connection: duckdb.DuckDBPyConnection,
    key: PersonKey,
    settings: Settings,
    *,
    as_of: date = date.max,
    first_days: pa.Table | None = None,
) -> Path:
    """Match all records of the raw views in ``connection`` and write the keys (file mode 0600).

    The key of a person is made from the record of theirs that was first seen, so a record that joins later does
    not change it. What came after ``as_of`` joins nobody: an old day that is built again counts the people that it
    counted then. Ids that only later files know get the keys that they have there.

    Args:
        connection: holds the raw views.
        key: the pseudonym secret.
        settings: where the keys go.
        as_of: the day that the figures speak of.
        first_days: see ``FIRST_DAYS``; without it the days of ``raw.load_manifest`` stand.

    Returns:
        Path of ``record_keys.parquet``: source, record_type (``participant`` or ``caljobs``), record_id, person_key.
    """
    connection.register("first_days", first_days if first_days is not None else FIRST_DAYS.empty_table())
    try:
        known = _keyed(connection, key, as_of, with_later=False)
        if connection.execute(_HAS_LATER, [as_of]).fetchall() != [(0,)]:
            known = pd.concat([known, _keyed(connection, key, as_of, with_later=True)])
    finally:
        connection.unregister("first_days")
    known = known.drop_duplicates(["source", "record_type", "record_id"])  # the first is that of the day
    by_state_id: dict[str | None, str] = {}
    for state_id, person in zip(known["caljobs_id"], known["person_key"], strict=True):
        if isinstance(state_id, str):
            by_state_id.setdefault(normalise_id(state_id), person)
    activities = connection.execute(_STATE_IDS).df()
    activities["record_type"] = "caljobs"
    activities["person_key"] = [by_state_id.get(normalise_id(i)) for i in activities["record_id"]]
    both = pd.concat([known, activities.dropna(subset=["person_key"])])[list(SCHEMA.names)]
    both = both.drop_duplicates(["source", "record_type", "record_id"]).sort_values(list(SCHEMA.names))
    return _write(pa.Table.from_pandas(both, schema=SCHEMA, preserve_index=False), settings)


def _keyed(connection: duckdb.DuckDBPyConnection, key: PersonKey, as_of: date, *, with_later: bool) -> pd.DataFrame:
    """The records that take part, each with the key of its person."""
    records = connection.execute(_RECORDS, {"as_of": as_of, "with_later": with_later}).df()
    records["person"] = components(records)
    records = records.sort_values(["first_seen", "source", "record_type", "record_id"], kind="stable")
    anchors = records.groupby("person", sort=False)[["source", "record_type", "record_id"]].first()
    person_keys = {
        person: key.of("\x1f".join(parts))
        for person, parts in zip(anchors.index, anchors.itertuples(index=False), strict=True)
    }
    records["person_key"] = records["person"].map(person_keys)
    return records


def _write(table: pa.Table, settings: Settings) -> Path:
    path = settings.identity / "record_keys.parquet"
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    pq.write_table(table, part)
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    step("identity.keys_written")
    os.replace(part, path)
    step("identity.keys_in_place")
    sync_folder(path.parent)
    return path
