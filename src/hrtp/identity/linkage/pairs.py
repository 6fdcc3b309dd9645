"""The pairs behind the persons, as a reader may see them: bands, rules, reasons; codes and never a value."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

from hrtp.identity.linkage.bands import BLOCKED, STRONG, reasons_sql

Array = np.ndarray[Any, Any]

PAIR_COLUMNS = ("left", "right", "band", "rule", "match_weight", "match_probability", "reasons", "blocked", "since")
EMPTY_PAIRS = pd.DataFrame({name: pd.Series(dtype=object) for name in PAIR_COLUMNS})

#: A link that a steward cut, directly or by parting two others that it joined.
STEWARD_APART = "STEWARD_APART"
#: A link that the group it would have joined contradicts.
GROUP_CONTRADICTS = "GROUP_CONTRADICTS"

_PAIRS = """
select k.l as "left", k.r as "right", k.band, k.rule, round(s.match_weight, 3) as match_weight,
    round(s.match_probability, 6) as match_probability, {reasons} as reasons, k.blocked,
from kept as k
left join scored as s on k.l = s.position_l and k.r = s.position_r
order by k.l, k.r
"""


def explain_pairs(
    connection: duckdb.DuckDBPyConnection,
    records: pd.DataFrame,
    node_of: Array,
    rows: dict[str, Array],
    groups: tuple[Array, Array, Array],
    decided: list[tuple[int, int, str]],
) -> pd.DataFrame:
    """The frame of ``Linkage.pairs``.

    What merged (a spanning tree of strong keys, and every link of the model that joins two of their groups), what
    wants review, what was kept from merging, what a steward decided.

    Args:
        connection: holds ``scored`` and ``node``.
        records: for the days.
        node_of: the node of each record.
        rows: ``bands.codes``.
        groups: deterministic, probabilistic, and with the stewards' word.
        decided: left, right, verdict.
    """
    deterministic, probabilistic, person = groups
    left, right = rows["l"], rows["r"]
    strong = (rows["strong"] >= 0) & (rows["blocked"] < 0)
    same_key, same = deterministic[left] == deterministic[right], probabilistic[left] == probabilistic[right]
    merged = rows["band"] == 2
    tree = np.zeros(len(left), dtype=bool)
    within = np.flatnonzero(strong & same_key)
    tree[within[_spanning(left[within], right[within], rows["weight"][within], len(records))]] = True
    by_model = merged & ~tree & same & ~same_key
    cut = merged & ~same
    open_ = ~merged & ~same
    keep = np.flatnonzero(tree | by_model | cut | open_)
    review = cut | (open_ & (rows["band"] == 1))
    keys, reasons = np.array([*STRONG, "model"], dtype=object), np.array([*BLOCKED, None], dtype=object)
    kept = pd.DataFrame({"l": left[keep], "r": right[keep]})
    kept["band"] = np.where((tree | by_model)[keep], "merge", np.where(review[keep], "review", "apart"))
    kept["rule"] = keys[np.where(tree, rows["strong"], -1)[keep]]
    kept["blocked"] = np.where(cut[keep], GROUP_CONTRADICTS, reasons[rows["blocked"][keep]])
    kept = _with_decisions(kept, decided, person)
    incoming = pa.table(
        {name: pa.array(kept[name], from_pandas=True) for name in ("l", "r")}
        | {name: pa.array(kept[name], pa.string(), from_pandas=True) for name in ("band", "rule", "blocked")}
    )
    connection.register("incoming", incoming)
    connection.execute("create or replace table kept as select * from incoming")
    connection.unregister("incoming")
    found = connection.execute(_PAIRS.format(reasons=reasons_sql())).df()
    copies = _copies(connection, node_of)
    both = pd.concat([found, copies], ignore_index=True) if len(copies) else found
    both = both.sort_values(["left", "right"], kind="stable").reset_index(drop=True)
    both["since"] = _since(records, both)
    return pd.DataFrame(both[list(PAIR_COLUMNS)])


def _spanning(left: Array, right: Array, weight: Array, count: int) -> Array:
    """Places of the links of the strongest spanning tree of each group."""
    if not len(left):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((right, left, -weight))
    rank = np.empty(len(left))
    rank[order] = np.arange(1, len(left) + 1)
    graph = coo_matrix((rank, (left, right)), shape=(count, count)).tocsr()
    return np.sort(order[minimum_spanning_tree(graph).data.astype(np.int64) - 1])


def _with_decisions(kept: pd.DataFrame, decided: list[tuple[int, int, str]], person: Array) -> pd.DataFrame:
    """A decided pair is the steward's; what a decision settled needs no review.

    A link that would have merged, but for a steward's word on this or another pair, stays one, and says so: it is what
    the persons were before.
    """
    if not decided:
        return kept
    pairs = {(a, b) for a, b, _ in decided}
    mine = np.array([(a, b) in pairs for a, b in zip(kept["l"], kept["r"], strict=True)], dtype=bool)
    together = (person[kept["l"]] == person[kept["r"]]) if len(kept) else np.zeros(0, dtype=bool)
    merges = (kept["band"] == "merge").to_numpy()
    kept = kept.assign(blocked=kept["blocked"].astype(object).mask(merges & ~together, STEWARD_APART))
    rest = kept[np.where(merges, ~mine | ~together, ~mine & ~together)]
    cut = set(zip(rest["l"], rest["r"], strict=True))
    stewards = [
        {"l": a, "r": b, "band": "merge" if verdict == "merge" else "apart", "rule": "steward", "blocked": None}
        for a, b, verdict in decided
        if (a, b) not in cut
    ]
    found: pd.DataFrame = pd.concat([rest, pd.DataFrame(stewards, columns=kept.columns)], ignore_index=True)
    return found


def _copies(connection: duckdb.DuckDBPyConnection, node_of: Array) -> pd.DataFrame:
    """Records that are written alike in every field: each with the first of them."""
    right = np.flatnonzero(node_of != np.arange(len(node_of)))
    connection.register("incoming", pd.DataFrame({"l": node_of[right], "r": right}))
    found = connection.execute(
        'select c.l as "left", c.r as "right", \'merge\' as band, '
        "case when n.caljobs is not null then 'caljobs_id' "
        "when n.ssn is not null then 'ssn_birth_date_last_name' else 'name_birth_date' end as rule, "
        "null::double as match_weight, null::double as match_probability, 'SAME_WRITING' as reasons, "
        "null::varchar as blocked from incoming as c inner join node as n on c.l = n.position order by 1, 2"
    ).df()
    connection.unregister("incoming")
    return found


def _since(records: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """The first day on which both writings existed."""
    name = "written_since" if "written_since" in records else "first_seen"
    if name not in records:
        return pd.Series([None] * len(pairs), dtype=object)
    days = pd.to_datetime(records[name]).to_numpy().astype("datetime64[D]")
    return pd.Series(np.maximum(days[pairs["left"]], days[pairs["right"]])).dt.date
