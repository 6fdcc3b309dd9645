"""What identity keeps beside the keys: the pairs behind each merge, and how keys changed. Restricted, mode 0600."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hrtp.identity.decision import Decision
from hrtp.identity.history import changes_table, writings, written_since
from hrtp.identity.keys import PersonKey
from hrtp.identity.stewarded import ID_COLUMNS
from hrtp.landing import sync_folder
from hrtp.settings import Settings
from hrtp.steps import step

KEYS_FILE, PAIRS_FILE, CHANGES_FILE = "record_keys.parquet", "pairs.parquet", "key_changes.parquet"
#: Folder of the lists that stewards fill in; they hold names.
REVIEWS = "review"
_PAIRS: list[pa.Field[Any]] = [
    *(pa.field(f"{side}_{part}", pa.string()) for side in ("left", "right") for part in ("source", "type", "id")),
    pa.field("band", pa.string()),
    pa.field("rule", pa.string()),
    pa.field("match_weight", pa.float64()),
    pa.field("match_probability", pa.float64()),
    pa.field("reasons", pa.string()),
    pa.field("blocked", pa.string()),
    pa.field("since", pa.date32()),
]
PAIRS = pa.schema(_PAIRS)
_AS_OF, _DECISIONS = b"as_of", b"decisions"


def write_table(table: pa.Table, path: Path) -> Path:
    """Put a table in the place of the last one, its owner's alone; a reader sees one or the other."""
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


def pairs_table(records: pd.DataFrame, pairs: pd.DataFrame) -> pa.Table:
    """``pairs`` by position (see `changes_table`) as pairs of ids, sorted, in the schema ``PAIRS``."""
    ids = records[ID_COLUMNS].reset_index(drop=True)
    sides = [
        ids.iloc[pairs[side].to_numpy()].reset_index(drop=True).set_axis(PAIRS.names[at : at + 3], axis=1)
        for side, at in (("left", 0), ("right", 3))
    ]
    frame = pd.concat([*sides, pairs.reset_index(drop=True)], axis=1).reindex(columns=PAIRS.names)
    frame["since"] = pd.to_datetime(frame["since"]).dt.date
    frame = frame.sort_values([*PAIRS.names[:6], "rule"], kind="stable")
    return pa.Table.from_pandas(frame, schema=PAIRS, preserve_index=False).replace_schema_metadata(None)


def keep_pairs_and_changes(
    connection: duckdb.DuckDBPyConnection,
    records: pd.DataFrame,
    pairs: pd.DataFrame,
    decisions: Sequence[Decision],
    key: PersonKey,
    settings: Settings,
    as_of: date,
) -> None:
    """Write ``pairs.parquet`` and ``key_changes.parquet``; see `changes_table` for what comes in.

    ``records`` also has person; ``pairs`` match_probability, reasons, blocked, and since, which without it is the day
    from which both newest writings stood. A pair that only a steward keeps apart stays in the band ``merge``, with
    ``blocked`` = ``STEWARD_APART``: it is what the persons were before.
    """
    written = writings(connection, as_of)
    if "since" not in pairs:
        days = written_since(records, written)
        pairs = pairs.assign(since=np.maximum(days[pairs["left"].to_numpy()], days[pairs["right"].to_numpy()]))
    write_table(pairs_table(records, pairs), settings.identity / PAIRS_FILE)
    changes = changes_table(records, records["person"].to_numpy(), pairs, written, decisions, key)
    newest = max((decision.number for decision in decisions), default=0)
    facts = {_AS_OF: as_of.isoformat(), _DECISIONS: str(newest)}
    write_table(changes.replace_schema_metadata(facts), settings.identity / CHANGES_FILE)


def built_as_of(settings: Settings) -> date | None:
    """The day of the last build's keys; None before the first."""
    facts = _facts(settings)
    return date.fromisoformat(facts[_AS_OF].decode()) if _AS_OF in facts else None


def decided_when_built(settings: Settings) -> int:
    """Number of the newest decision that the last build's keys follow; 0 where there is none."""
    return int(_facts(settings).get(_DECISIONS, b"0"))


def _facts(settings: Settings) -> dict[bytes, bytes]:
    path = settings.identity / CHANGES_FILE
    return dict(pq.read_schema(path).metadata or {}) if path.exists() else {}
