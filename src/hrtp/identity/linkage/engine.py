"""Records in, persons out: strong keys, then the model, then what stewards decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from hrtp.duck import open_duckdb
from hrtp.identity.clusters import Array, Phase, components, partition
from hrtp.identity.decision import Decision
from hrtp.identity.linkage.arrays import fetch
from hrtp.identity.linkage.bands import HARD_CONFLICT, SOFT_CONFLICT, codes, make_bands
from hrtp.identity.linkage.model import Model
from hrtp.identity.linkage.normalise import write_normalised
from hrtp.identity.linkage.pairs import EMPTY_PAIRS, explain_pairs
from hrtp.identity.linkage.score import block, make_nodes, rules_of, score
from hrtp.identity.stewarded import in_force

#: What the matcher reads of a record; a column that is not there counts as unknown.
INPUT_COLUMNS = (
    "caljobs_id",
    "first_name",
    "last_name",
    "date_of_birth",
    "ssn_last4",
    "email",
    "phone",
    "zip",
)


@dataclass(frozen=True)
class Linkage:
    """Who is one person. Arrays have one int a record: equal numbers are one person.

    ``pairs`` has one row a pair: ``left``, ``right`` (positions, left < right), ``band`` (merge, review, apart),
    ``rule`` (a strong key's name, ``model``, ``steward``), ``match_weight``, ``match_probability``, ``reasons`` (codes,
    never a value), ``blocked`` (why a merge was refused, or null), ``since`` (first day both writings existed).
    """

    deterministic: Array
    probabilistic: Array
    person: Array
    if_none_merged: Array
    if_all_merged: Array
    pairs: pd.DataFrame


def link(records: pd.DataFrame, model: Model, decisions: Sequence[Decision] = (), *, threads: int = 2) -> Linkage:
    """Say which of ``records`` are one person's.

    Args:
        records: one row a record, sorted by source, record_type, record_id; those and ``INPUT_COLUMNS`` as text or
            None, ``first_seen`` and ``written_since`` as dates (optional).
        model: the artefact.
        decisions: what stewards decided, in order.
        threads: of DuckDB; changes nothing but the time.
    """
    count = len(records)
    if count == 0:
        none = np.zeros(0, dtype=np.int64)
        return Linkage(none, none, none, none, none, EMPTY_PAIRS.copy())
    decided = in_force(records, decisions)
    connection = open_duckdb(settings={"threads": str(threads), "memory_limit": model.config.memory_limit})
    try:
        _register(connection, records)
        write_normalised(connection)
        connection.unregister("record")
        alone = sorted({position for left, right, _ in decided for position in (left, right)})
        make_nodes(connection, model, alone)
        connection.execute("drop table writing")
        if pairs := block(connection, rules_of(model.splink)):
            score(connection, model, pairs)
        else:
            _nothing_scored(connection, model)
        connection.execute("drop table if exists slice")
        connection.execute("drop table candidate")
        make_bands(connection, model.config.thresholds, count)
        return _linkage(connection, records, decided)
    finally:
        connection.close()


def _register(connection: duckdb.DuckDBPyConnection, records: pd.DataFrame) -> None:
    """View ``record``: position and the input columns, unknown where the frame has none."""
    columns: dict[str, Any] = {"position": pa.array(np.arange(len(records), dtype=np.int64))}
    for name in INPUT_COLUMNS:
        values = pa.array(records[name], pa.string(), from_pandas=True) if name in records else None
        columns[name] = pa.nulls(len(records), pa.string()) if values is None else values
    connection.register("record", pa.table(columns))


def _nothing_scored(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """No pair is alike in anything: ``scored`` without a row, and no Splink."""
    gammas = ", ".join(f"0 as gamma_{c['output_column_name']}" for c in model.splink["comparisons"])
    connection.execute(
        "create or replace table scored as select 0::bigint as position_l, 0::bigint as position_r, "
        f"0.0::double as match_weight, 0.0::double as match_probability, {gammas} where false"
    )


def _linkage(
    connection: duckdb.DuckDBPyConnection, records: pd.DataFrame, decided: list[tuple[int, int, str]]
) -> Linkage:
    count = len(records)
    node_of = fetch(connection, "select node from node_of order by position")["node"].astype(np.int64)
    rows = codes(connection)
    left, right, band = rows["l"], rows["r"], rows["band"]
    blocked = rows["blocked"] >= 0
    strong = (rows["strong"] >= 0) & ~blocked
    # links among the records that were there first come first, so that one who joins later parts nobody
    seen = _seen(records)
    order = np.lexsort((right, left, -rows["weight"], np.maximum(seen[left], seen[right])))
    by_key, by_weight = order[strong[order]], order[((band == 2) & ~strong)[order]]
    by_review = order[((band == 1) & ~blocked)[order]]
    may = np.concatenate([by_key, by_weight, by_review])
    hard, soft = _conflicts(connection, count, (left[may], right[may]))
    barred = (np.concatenate([soft[0], left[blocked]]), np.concatenate([soft[1], right[blocked]]))
    phases = [
        Phase((left[by_key], right[by_key]), hard),
        Phase((left[by_weight], right[by_weight]), soft),
        Phase((left[by_review], right[by_review]), barred),
    ]
    forced = [(a, b) for a, b, verdict in decided if verdict == "merge"]
    kept = [(a, b) for a, b, verdict in decided if verdict == "apart"]
    deterministic, probabilistic = partition(count, phases[:1]), partition(count, phases[:2])
    person = partition(count, phases[:2], forced=forced, kept_apart=kept) if decided else probabilistic
    if_none = partition(count, phases[:2], kept_apart=kept) if kept else probabilistic
    if_all = partition(count, phases, forced=forced, kept_apart=kept) if len(by_review) else person
    pairs = explain_pairs(connection, records, node_of, rows, (deterministic, probabilistic, person), decided)
    every = (deterministic, probabilistic, person, if_none, if_all)
    labels = [one[node_of] for one in every]
    return Linkage(labels[0], labels[1], labels[2], labels[3], labels[4], pairs)


def _seen(records: pd.DataFrame) -> Array:
    """Days of the first sight as numbers; all the same where none is known."""
    if "first_seen" not in records:
        return np.zeros(len(records), dtype=np.int64)
    return pd.to_datetime(records["first_seen"]).to_numpy().astype("datetime64[D]").astype(np.int64)


def _conflicts(
    connection: duckdb.DuckDBPyConnection, count: int, links: tuple[Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Pairs of nodes of one group that contradict each other: those that nothing bridges, and the others as well."""
    group = components(count, *links)
    sizes = np.bincount(group)
    some = np.flatnonzero(sizes[group] > 1)
    connection.register(
        "incoming", pa.table({"position": pa.array(some), "linked": pa.array(group[some].astype(np.int64))})
    )
    connection.execute(
        "create or replace table linked as select n.*, g.linked from node as n "
        "inner join incoming as g using (position)"
    )
    connection.unregister("incoming")
    found = fetch(
        connection,
        f"with pair as (select l.position as l, r.position as r, coalesce({HARD_CONFLICT}, false) as is_hard, "
        f"coalesce({SOFT_CONFLICT}, false) as is_soft from linked as l inner join linked as r "
        "on l.linked = r.linked and l.position < r.position) "
        "select l, r, is_hard from pair where is_hard or is_soft order by l, r",
    )
    connection.execute("drop table linked")
    left, right, hard = found["l"].astype(np.int64), found["r"].astype(np.int64), found["is_hard"].astype(bool)
    return (left[hard], right[hard]), (left, right)
