"""Raw records in, ``record_keys.parquet`` out: which record belongs to which ``person_key``, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from hrtp.identity.compared import COMPARED
from hrtp.identity.decision import RecordId
from hrtp.identity.decisions import Decisions
from hrtp.identity.files import KEYS_FILE, keep_pairs_and_changes, write_table
from hrtp.identity.keys import PersonKey
from hrtp.identity.linkage import Linkage, link, load_model
from hrtp.identity.match import normalise_id
from hrtp.settings import Settings

RECORD = ("source", "record_type", "record_id")
#: The key that counts, and what it would be by strong keys alone, by the model without stewards, and with the pairs
#: that wait for a review all apart or all merged; see ``hrtp.variants``.
KEYS = {
    "person_key": "person",
    "key_deterministic": "deterministic",
    "key_probabilistic": "probabilistic",
    "key_if_none_merged": "if_none_merged",
    "key_if_all_merged": "if_all_merged",
}
SCHEMA = pa.schema([(name, pa.string()) for name in (*RECORD, *KEYS)])

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
        {email}, {phone}, {zip}, {gender},
        f.data_through_date, f.first_day, f.source_sequence, p._row_number,
    from raw.participants as p
    inner join files as f
        on p._source = f.source and f.entity = 'participants' and p._file_sha256 = f.file_sha256
    union all
    select p._source, 'caljobs', p.pirl_100, p.pirl_100, null, null, p.pirl_200, null,
        null, null, {pirl_103}, null,
        f.data_through_date, f.first_day, f.source_sequence, p._row_number,
    from raw.pirl as p
    inner join files as f on p._source = f.source and f.entity = 'pirl' and p._file_sha256 = f.file_sha256
)
select source, record_type, record_id, caljobs_id, first_name, last_name, date_of_birth, ssn_last4,
    email, phone, zip, gender,
    min(first_day) over record as first_seen,
    min(first_day) over (
        partition by source, record_type, record_id, caljobs_id, first_name, last_name, date_of_birth, ssn_last4,
            email, phone, zip
    ) as written_since,
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
    """Match all records of the raw views in ``connection`` and write keys, pairs and changes (file mode 0600).

    The key of a person is made from the record of theirs that was first seen, so a record that joins later does
    not change it. What came after ``as_of`` joins nobody: an old day that is built again counts the people that it
    counted then. Ids that only later files know get the keys that they have there. What stewards decided is read from
    the landing zone.

    Args:
        connection: holds the raw views.
        key: the pseudonym secret.
        settings: where the keys go, and where model and decisions lie.
        as_of: the day that the figures speak of.
        first_days: see ``FIRST_DAYS``; without it the days of ``raw.load_manifest`` stand.

    Returns:
        Path of ``record_keys.parquet``: source, record_type (``participant`` or ``caljobs``), record_id, ``KEYS``.
        Beside it lie ``pairs.parquet`` and ``key_changes.parquet``, see `hrtp.identity.files`.
    """
    model, decisions = load_model(settings.project), Decisions(settings.landing).all()
    connection.register("first_days", first_days if first_days is not None else FIRST_DAYS.empty_table())
    try:
        records = _records(connection, as_of, with_later=False)
        linkage = link(records, model, decisions, threads=settings.threads)
        known = _keyed(records, linkage, key)
        records = records.assign(person=linkage.person)
        keep_pairs_and_changes(connection, records, linkage.pairs, decisions, key, settings, as_of)
        if connection.execute(_HAS_LATER, [as_of]).fetchall() != [(0,)]:
            every = _records(connection, as_of, with_later=True)
            known = pd.concat([known, _keyed(every, link(every, model, decisions, threads=settings.threads), key)])
    finally:
        connection.unregister("first_days")
    known = known.drop_duplicates(list(RECORD))  # the first is that of the day
    both = pd.concat([known, _of_activities(connection, known)])[list(SCHEMA.names)]
    both = both.drop_duplicates(list(RECORD)).sort_values(list(SCHEMA.names))
    table = pa.Table.from_pandas(both, schema=SCHEMA, preserve_index=False)
    return write_table(table, settings.identity / KEYS_FILE)


def compared_records(
    connection: duckdb.DuckDBPyConnection, as_of: date, wanted: Iterable[RecordId]
) -> dict[RecordId, dict[str, str | None]]:
    """What these records say in the compared fields, as identity of ``as_of`` reads them; those that are there.

    ``connection`` holds the raw views.
    """
    rows = [record._asdict() for record in sorted(set(wanted))]
    schema = pa.schema(list(SCHEMA)[:3])
    connection.register("first_days", FIRST_DAYS.empty_table())
    connection.register("wanted", pa.Table.from_pylist(rows, schema=schema))
    try:
        query = f"from ({_query(connection)}) semi join wanted using (source, record_type, record_id)"
        found = connection.execute(query, {"as_of": as_of, "with_later": False}).to_arrow_table().to_pylist()
    finally:
        connection.unregister("wanted")
        connection.unregister("first_days")
    return {RecordId(r["source"], r["record_type"], r["record_id"]): {c: r.get(c) for c in COMPARED} for r in found}


def _records(connection: duckdb.DuckDBPyConnection, as_of: date, *, with_later: bool) -> pd.DataFrame:
    """The records that take part, by source, kind and id."""
    return connection.execute(_query(connection), {"as_of": as_of, "with_later": with_later}).df()


def _query(connection: duckdb.DuckDBPyConnection) -> str:
    """``_RECORDS`` over the raw views at hand; what the raw zone has no column for is unknown."""
    there = {
        column
        for table in ("participants", "pirl")
        for column, *_ in connection.execute(f"describe raw.{table}").fetchall()
    }
    columns = {
        name: f"p.{name} as {name}" if name in there else f"null::varchar as {name}"
        for name in ("email", "phone", "zip", "gender", "pirl_103")
    }
    return _RECORDS.format(**columns)


def read_records(connection: duckdb.DuckDBPyConnection, as_of: date) -> pd.DataFrame:
    """The records that took part by ``as_of``: what a training learns from."""
    connection.register("first_days", FIRST_DAYS.empty_table())
    try:
        return _records(connection, as_of, with_later=False)
    finally:
        connection.unregister("first_days")


def _keyed(records: pd.DataFrame, linkage: Linkage, key: PersonKey) -> pd.DataFrame:
    """The records with the keys of their persons, those that were seen first on top."""
    records = records[[*RECORD, "caljobs_id", "first_seen"]].copy()
    for name, labels in KEYS.items():
        records[f"group {name}"] = getattr(linkage, labels)
    records = records.sort_values(["first_seen", *RECORD], kind="stable").reset_index(drop=True)
    made: dict[int, str] = {}  # one anchor, one key: most groups are the same by every way of counting
    for name in KEYS:
        group = records[f"group {name}"]
        anchor = pd.Series(records.index, index=records.index).groupby(group).transform("min")
        for place in anchor.unique().tolist():
            if place not in made:
                made[place] = key.of("\x1f".join(records.loc[place, list(RECORD)]))
        records[name] = anchor.map(made)
    return records


def _of_activities(connection: duckdb.DuckDBPyConnection, known: pd.DataFrame) -> pd.DataFrame:
    """State ids that only activities know of, with the keys of the person who bears them elsewhere."""
    bearers = known[known["caljobs_id"].notna()]
    bearers = bearers.assign(state_id=bearers["caljobs_id"].map(normalise_id)).drop_duplicates("state_id")
    activities = connection.execute(_STATE_IDS).df()
    activities["record_type"] = "caljobs"
    activities["state_id"] = activities["record_id"].map(normalise_id)
    return activities.merge(bearers[["state_id", *KEYS]], on="state_id")
