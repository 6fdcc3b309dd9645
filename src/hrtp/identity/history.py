"""What linked records on earlier days: every writing that a record has had, with the days through which it stood.

The matcher looks at the newest writing of each record. A key, though, was merged away on the day on which the records
first shared a link, and split off on the day on which a correction took the link away; so the strong keys of all
writings are looked at. A model's pairs are known of the newest writings alone: such a pair counts from its ``since``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from hrtp.identity.changes import Days, Ints, Links, Word, key_changes
from hrtp.identity.decision import Decision
from hrtp.identity.keys import PersonKey
from hrtp.identity.match import RECORD_COLUMNS, strong_keys
from hrtp.identity.stewarded import ID_COLUMNS, words_of

#: One row a key that ended or began; `hrtp.build` makes a view of it.
_CHANGES: list[pa.Field[Any]] = [
    *(pa.field(name, pa.string()) for name in ("old_person_key", "new_person_key")),
    pa.field("changed_on", pa.date32()),
    pa.field("kind", pa.string()),
]
CHANGES = pa.schema(_CHANGES)

# A file speaks on the day that it first ran through, and again where the same bytes come under a later day.
_WRITINGS = """
with people as (
    select _source as source, 'participant' as record_type, participant_id as record_id, _file_sha256, _row_number,
        'participants' as entity, caljobs_id, first_name, last_name, date_of_birth, ssn_last4,
    from raw.participants
    union all
    select _source, 'caljobs', pirl_100, _file_sha256, _row_number, 'pirl', pirl_100, null, null, pirl_200, null,
    from raw.pirl
),
files as (
    select source, entity, file_sha256, source_sequence,
        unnest(list_distinct([coalesce(first_days.first_day, data_through_date), data_through_date])) as day,
    from raw.load_manifest
    left join first_days using (source, entity, file_sha256)
    where state = 'loaded' and data_through_date <= $as_of
),
spoken as (
    select p.* exclude (_file_sha256, _row_number, entity), f.day,
    from people as p
    inner join files as f on p.source = f.source and p.entity = f.entity and p._file_sha256 = f.file_sha256
    qualify row_number() over (
        partition by p.source, p.record_type, p.record_id, f.day
        order by f.source_sequence desc, p._row_number desc
    ) = 1
),
changed as (
    from spoken
    window record as (partition by source, record_type, record_id order by day)
    qualify row_number() over record = 1
        or lag(row(caljobs_id, first_name, last_name, date_of_birth, ssn_last4)) over record
        is distinct from row(caljobs_id, first_name, last_name, date_of_birth, ssn_last4)
)
select *, lead(day) over (partition by source, record_type, record_id order by day) as until,
from changed
order by source, record_type, record_id, day
"""


def writings(connection: duckdb.DuckDBPyConnection, as_of: date) -> pd.DataFrame:
    """Every writing of every record in files through ``as_of``: ids, compared fields, day, until (none: the newest).

    ``connection`` holds the raw views and ``first_days`` (see `hrtp.identity.resolve`).
    """
    return connection.execute(_WRITINGS, {"as_of": as_of}).df()


def written_since(records: pd.DataFrame, written: pd.DataFrame) -> Days:
    """The day on which each record's newest writing first came; of one without, the day it was first seen."""
    newest = written[written["until"].isna()].set_index(ID_COLUMNS)["day"]
    days = newest.reindex(pd.MultiIndex.from_frame(records[ID_COLUMNS])).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), records["first_seen"].to_numpy().astype("datetime64[D]"), days)


def changes_table(
    records: pd.DataFrame,
    person: Ints,
    pairs: pd.DataFrame,
    written: pd.DataFrame,
    decisions: Sequence[Decision],
    key: PersonKey,
) -> pa.Table:
    """Keys that were merged away or split off, in the schema ``CHANGES``, sorted by day and key.

    Args:
        records: one row a record, sorted by id: source, record_type, record_id, first_seen.
        person: label of each record's person, stewards' decisions included.
        pairs: columns left, right (positions), band, rule, match_weight, since.
        written: see `writings`.
        decisions: all stewards' decisions.
        key: the secret that makes keys of records.
    """
    words = words_of(records, decisions)
    first_seen = records["first_seen"].to_numpy().astype("datetime64[D]")
    merged = pairs[(pairs["band"] == "merge") & (pairs["rule"] != "steward")].rename(columns={"match_weight": "weight"})
    links = _memberships(records, person, written, words) + Links.of(merged)
    found = key_changes(first_seen, person, links, words)
    keys = _keys([end for change in found for end in (change.old, change.new)], records, key)
    rows = [(keys[c.old], keys[c.new], date.fromisoformat(str(c.day.astype("datetime64[D]"))), c.kind) for c in found]
    rows.sort(key=lambda row: (row[2], row[:2]))
    return pa.Table.from_pylist([dict(zip(CHANGES.names, row, strict=True)) for row in rows], schema=CHANGES)


def _keys(positions: Sequence[int], records: pd.DataFrame, key: PersonKey) -> dict[int, str]:
    """The keys that these records stand for."""
    wanted = sorted(set(positions))
    anchors = records.iloc[wanted][ID_COLUMNS].itertuples(index=False)
    return {position: key.of("\x1f".join(anchor)) for position, anchor in zip(wanted, anchors, strict=True)}


def _memberships(records: pd.DataFrame, person: Ints, written: pd.DataFrame, words: Sequence[Word]) -> Links:
    """Which record had which strong key's value from when until when."""
    n = len(records)
    index = pd.Series(np.arange(n), index=pd.MultiIndex.from_frame(records[ID_COLUMNS]))
    at = pd.MultiIndex.from_frame(written[ID_COLUMNS])
    place = index.reindex(at)
    known = place.notna().to_numpy()
    written = written[known].reset_index(drop=True)
    record = place[known].to_numpy(np.int64)
    found, n_values = [], 0
    for frame in strong_keys(written[list(RECORD_COLUMNS)]).values():
        value = frame.groupby(list(frame.columns), sort=False).ngroup()
        rows = value.index.to_numpy()
        has = pd.DataFrame(
            {
                "left": record[rows],
                "right": value.to_numpy() + n + n_values,
                "since": written["day"].to_numpy()[rows].astype("datetime64[s]"),
                "until": written["until"].to_numpy()[rows].astype("datetime64[s]"),
            }
        )
        n_values += int(value.max()) + 1 if len(value) else 0
        # a value that one record alone ever had links nobody
        has = has[has.groupby("right")["left"].transform("nunique") > 1]
        found.append(has)
    links = pd.concat(found, ignore_index=True)
    links, n_values = _blocked_apart(_joined(links), np.asarray(person), n, n_values, words)
    return Links.of(links.assign(weight=np.inf), n_values)


def _joined(links: pd.DataFrame) -> pd.DataFrame:
    """A value that a record kept while another field changed was its all the time."""
    links = links.sort_values(["right", "left", "since"], kind="stable").reset_index(drop=True)
    same = (links["left"].diff() == 0) & (links["right"].diff() == 0) & (links["since"] == links["until"].shift())
    spell = (~same).cumsum().to_numpy()
    first = ~pd.Series(spell).duplicated().to_numpy()
    last = ~pd.Series(spell).duplicated(keep="last").to_numpy()
    kept = links[first].reset_index(drop=True)
    kept["until"] = links.loc[last, "until"].to_numpy()
    return kept


def _blocked_apart(
    links: pd.DataFrame, person: Ints, n: int, n_values: int, words: Sequence[Word]
) -> tuple[pd.DataFrame, int]:
    """Where sharing a value joins people who are two all the same, and no steward has said so, it never did."""
    links = links.assign(person=person[links["left"].to_numpy()])
    standing = links[links["until"].isna()]
    several = standing.groupby("right")["person"].nunique()
    spoken = {int(person[end]) for word in words for end in (word.left, word.right)}
    by_steward = set(standing.loc[standing["person"].isin(spoken), "right"])
    blocked = [value for value in several[several > 1].index if value not in by_steward]
    is_blocked = links["right"].isin(blocked)
    if is_blocked.any():
        apart = links[is_blocked].groupby(["right", "person"], sort=True).ngroup()
        links.loc[is_blocked, "right"] = apart + n + n_values
        n_values += int(apart.max()) + 1
    return links, n_values
