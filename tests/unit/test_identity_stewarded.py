"""Every word in force is honoured, above any edge; and a model's pairs have a history too."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hrtp.identity import PersonKey
from hrtp.identity.clusters import Phase, partition, strongest_first
from hrtp.identity.decision import Decision, RecordId
from hrtp.identity.decisions import contradicting, newest
from hrtp.identity.history import changes_table
from hrtp.identity.linkage.pairs import STEWARD_APART as STEWARD
from hrtp.identity.match import RECORD_COLUMNS
from hrtp.identity.stewarded import in_force

N = 6
IDS = [RecordId("construction", "participant", f"P{number}") for number in range(N)]
RECORDS = pd.DataFrame(IDS).assign(first_seen=pd.to_datetime([f"2026-06-0{number + 1}" for number in range(N)]))
PAIR = st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda pair: pair[0] != pair[1])


def word(number: int, one: int, other: int, verdict: str, day: int = 1) -> Decision:
    left, right = sorted((IDS[one], IDS[other]))
    at = datetime(2026, 10, day, 20, tzinfo=UTC)
    return Decision(number, left, right, verdict, "seen", "steward", at, "")  # type: ignore[arg-type]


def persons(
    left: npt.ArrayLike, right: npt.ArrayLike, weight: npt.ArrayLike, decisions: list[Decision]
) -> npt.NDArray[np.int64]:
    """As a night puts persons together: what links say, and above it the words in force."""
    ends = (np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64))
    decided, none = in_force(RECORDS, decisions), np.zeros(0, dtype=np.int64)
    return partition(
        N,
        [Phase(strongest_first(*ends, np.asarray(weight, dtype=np.float64)), (none, none))],
        forced=[(one, other) for one, other, verdict in decided if verdict == "merge"],
        kept_apart=[(one, other) for one, other, verdict in decided if verdict == "apart"],
    )


@settings(deadline=None)
@given(
    st.lists(st.tuples(PAIR, st.sampled_from([1.0, 5.0, float("inf")])), max_size=10),
    st.lists(st.tuples(PAIR, st.sampled_from(["merge", "apart"])), max_size=12),
)
def test_whatever_the_edges_every_word_that_was_accepted_is_honoured(
    edges: list[tuple[tuple[int, int], float]], spoken: list[tuple[tuple[int, int], str]]
) -> None:
    kept: list[Decision] = []
    for (one, other), verdict in spoken:
        decision = word(len(kept) + 1, one, other, verdict)
        if not contradicting(newest(kept).values(), decision.left, decision.right, decision.verdict):
            kept.append(decision)
    ends = [[pair[side] for pair, _ in edges] for side in (0, 1)]
    found = dict(zip(IDS, persons(*ends, [w for _, w in edges], kept).tolist(), strict=True))
    for decision in newest(kept).values():
        assert (found[decision.left] == found[decision.right]) == (decision.verdict == "merge")


def test_a_word_on_a_record_that_is_not_there_changes_nothing() -> None:
    stranger = Decision(
        1, IDS[0], RecordId("healthcare", "participant", "H1"), "merge", "x", "y", datetime.now(UTC), ""
    )
    assert persons([0], [1], [3.0], [stranger]).tolist() == [0, 0, 2, 3, 4, 5]


def test_a_models_pair_counts_from_its_day_and_is_split_on_the_day_of_the_stewards_word() -> None:
    pairs = pd.DataFrame(
        {
            "left": [0, 2],
            "right": [1, 3],
            "band": ["merge", "merge"],
            "rule": ["model", "model"],
            "match_weight": [9.5, 8.0],
            "blocked": [STEWARD, None],
            "since": pd.to_datetime(["2026-07-01", "2026-06-04"]),
        }
    )
    decisions = [word(1, 0, 1, "apart", day=9)]
    person = persons(pairs["left"], pairs["right"], pairs["match_weight"], decisions)
    written = pd.DataFrame(columns=["source", "record_type", "record_id", *RECORD_COLUMNS, "day", "until"])
    written = written.astype({"day": "datetime64[s]", "until": "datetime64[s]"})
    key = PersonKey(b"k" * 32)
    found = changes_table(RECORDS, np.asarray(person), pairs, written, decisions, key).to_pylist()
    first, second = (key.of("\x1f".join(IDS[number])) for number in (0, 1))
    assert [tuple(row.values()) for row in found] == [
        (second, first, date(2026, 7, 1), "merge"),
        (first, second, date(2026, 10, 9), "split"),
    ]
