"""Which key gave way to which, and when: from links and stewards' words alone."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hrtp.identity.changes import NEVER, Links, Word, key_changes
from hrtp.identity.clusters import Phase, partition, strongest_first

Link = tuple[int, int, int, int | None]
MONDAY = date(2026, 6, 1)
N = 5


def day(number: int) -> np.datetime64:
    return np.datetime64(MONDAY + timedelta(days=number), "D")


def links(n: int, *found: Link) -> Links:
    """Left, right, since, until (None: it still holds); an end of ``n`` or more is a value that records share."""
    frame = pd.DataFrame(found, columns=["left", "right", "since", "until"])
    return Links(
        max([0, *(max(link[:2]) + 1 - n for link in found)]),
        frame["left"].to_numpy(np.int64),
        frame["right"].to_numpy(np.int64),
        np.full(len(frame), np.inf),
        np.array([day(link[2]) for link in found], dtype="datetime64[D]"),
        np.array([NEVER if link[3] is None else day(link[3]) for link in found], dtype="datetime64[D]"),
    )


def told(seen: list[int], person: list[int], *found: Link, words: list[Word] = []) -> list[tuple[int, int, int, str]]:  # noqa: B006
    days = np.array([day(number) for number in seen], dtype="datetime64[D]")
    return [
        (c.old, c.new, int((c.day - day(0)).astype(int)), c.kind)
        for c in key_changes(days, person, links(len(seen), *found), words)
    ]


def test_a_record_that_joins_on_its_first_day_changes_nobodys_key() -> None:
    assert told([0, 3, 3], [0, 0, 0], (0, 1, 3, None), (1, 2, 3, None)) == []


def test_where_two_persons_become_one_the_key_of_the_one_seen_first_stays() -> None:
    assert told([5, 0], [0, 0], (0, 1, 9, None)) == [(0, 1, 9, "merge")]


def test_of_two_seen_on_one_day_the_one_that_comes_first_by_its_id_stays() -> None:
    assert told([0, 0], [0, 0], (0, 1, 4, None)) == [(1, 0, 4, "merge")]


def test_a_record_that_joins_two_persons_ends_the_younger_ones_key_on_that_day() -> None:
    assert told([0, 1, 6], [0, 0, 0], (0, 2, 6, None), (1, 2, 6, None)) == [(1, 0, 6, "merge")]


def test_a_value_that_was_shared_from_the_first_day_joins_without_a_change_whoever_holds_it() -> None:
    # the record that is listed first got the value last: the other two were one person all along
    assert told([0, 0, 0], [0, 0, 0], (0, 3, 5, None), (1, 3, 0, None), (2, 3, 0, None)) == [(1, 0, 5, "merge")]


def test_a_correction_that_ends_a_link_splits_the_key_off_on_that_day() -> None:
    assert told([0, 0], [0, 1], (0, 1, 0, 7)) == [(0, 1, 7, "split")]


def test_another_field_that_changes_while_a_link_holds_changes_no_key() -> None:
    assert told([0, 0], [0, 0], (0, 1, 0, 4), (0, 1, 4, None)) == []


def test_a_stewards_merge_and_apart_count_from_their_day() -> None:
    merge, apart = Word(0, 1, day(3), "merge"), Word(0, 1, day(8), "apart")
    assert told([0, 0], [0, 0], words=[merge]) == [(1, 0, 3, "merge")]
    assert told([0, 0], [0, 1], words=[merge, apart]) == [(1, 0, 3, "merge"), (0, 1, 8, "split")]
    assert told([0, 0], [0, 1], (0, 1, 0, None), words=[Word(0, 1, day(8), "apart")]) == [(0, 1, 8, "split")]


def test_a_word_that_was_spoken_before_the_link_came_leaves_no_trace() -> None:
    assert told([0, 0], [0, 1], (0, 1, 5, None), words=[Word(0, 1, day(2), "apart")]) == []


def test_the_records_behind_a_split_go_with_the_one_of_them_that_was_seen_first() -> None:
    assert told([0, 1, 2], [0, 1, 1], (0, 1, 1, None), (1, 2, 2, None), words=[Word(0, 1, day(9), "apart")]) == [
        (0, 1, 9, "split")
    ]


RECORD = st.integers(0, N - 1)
LINK = st.tuples(RECORD, st.integers(0, N + 1), st.integers(0, 6), st.none() | st.integers(1, 9)).filter(
    lambda link: link[0] != link[1]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=N, max_size=N),
    st.lists(LINK, max_size=7),
    st.lists(st.tuples(RECORD, RECORD, st.integers(0, 9), st.sampled_from(["merge", "apart"])), max_size=3),
)
def test_following_the_changes_from_day_to_day_leads_to_todays_keys(
    seen: list[int], found: list[Link], spoken: list[tuple[int, int, int, str]]
) -> None:
    """Every anchor of every day is either new that day, or told; worked out day by day, for everybody."""
    total = N + 2
    words = [Word(min(a, b), max(a, b), day(d), v) for a, b, d, v in spoken if a != b]  # type: ignore[arg-type]
    rank = sorted(range(N), key=lambda r: (seen[r], r))

    def anchors(now: int) -> dict[int, int]:
        there = {r for r in range(N) if seen[r] <= now} | set(range(N, total))
        held = [k for k in found if k[2] <= now and (k[3] is None or now < k[3]) and {k[0], k[1]} <= there]
        last = {}
        for word in words:
            if word.day <= day(now) and {word.left, word.right} <= there:
                last.pop(word[:2], None)
                last[word[:2]] = word.verdict
        none = np.zeros(0, dtype=np.int64)
        ends = np.array([k[:2] for k in held], dtype=np.int64).reshape(-1, 2)
        label = partition(
            total,
            [Phase(strongest_first(ends[:, 0], ends[:, 1], np.full(len(held), np.inf)), (none, none))],
            forced=[pair for pair, v in last.items() if v == "merge"],
            kept_apart=[pair for pair, v in last.items() if v == "apart"],
        )
        return {r: next(a for a in rank if a in there and label[a] == label[r]) for r in range(N) if r in there}

    expected, before = [], {}
    for now in range(11):
        after = anchors(now)
        for record, anchor in before.items():
            if anchor == record != after[record]:
                expected.append((record, after[record], now, "merge"))
            if anchor != record == after[record]:
                expected.append((anchor, record, now, "split"))
        before = after
    assert told(seen, [before[r] for r in range(N)], *found, words=words) == sorted(
        expected, key=lambda c: (c[2], c[0], c[1], c[3])
    )
