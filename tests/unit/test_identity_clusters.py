"""From edges to persons: the strongest first, and never two whom somebody has put apart."""

from __future__ import annotations

import time
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrtp.identity.clusters import Phase, partition, strongest_first

Pair = tuple[int, int]
N = 7
PAIR = st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda p: p[0] != p[1])
EDGE = st.tuples(PAIR, st.sampled_from([1.0, 2.0, 2.5, float("inf")]))


NOBODY = np.zeros(0, dtype=np.int64)


def labels(n: int, edges: list[tuple[Pair, float]], must: list[Pair] = [], cannot: list[Pair] = []) -> list[int]:  # noqa: B006
    """Persons numbered in the order of their first record."""
    ends = np.array([pair for pair, _ in edges], dtype=np.int64).reshape(-1, 2)
    links = strongest_first(ends[:, 0], ends[:, 1], np.array([weight for _, weight in edges], dtype=np.float64))
    found = partition(n, [Phase(links, (NOBODY, NOBODY))], forced=must, kept_apart=cannot).tolist()
    assert all(label == min(i for i in range(n) if found[i] == label) for label in found)
    return [sorted(set(found)).index(label) for label in found]


def by_hand(n: int, edges: list[tuple[Pair, float]], must: list[Pair], cannot: list[Pair]) -> list[int]:
    """The same rule, by the slowest way there is: sets of records, joined one edge after the other."""
    persons = [{i} for i in range(n)]
    ordered = sorted(edges, key=lambda e: (-e[1], min(e[0]), max(e[0])))
    for one, other in [*must, *(pair for pair, _ in ordered)]:
        left = next(p for p in persons if one in p)
        right = next(p for p in persons if other in p)
        both = left | right
        if left is not right and not any({a, b} <= both for a, b in cannot):
            persons = [p for p in persons if p is not left and p is not right] + [both]
    persons.sort(key=min)
    return [next(number for number, p in enumerate(persons) if i in p) for i in range(n)]


@settings(deadline=None)
@given(st.lists(EDGE, max_size=14), st.lists(PAIR, max_size=4), st.lists(PAIR, max_size=5))
def test_persons_are_those_of_the_rule_done_by_hand(
    edges: list[tuple[Pair, float]], must: list[Pair], cannot: list[Pair]
) -> None:
    assert labels(N, edges, must, cannot) == by_hand(N, edges, must, cannot)


@settings(deadline=None)
@given(st.lists(EDGE, max_size=12), st.lists(PAIR, max_size=4), st.randoms(use_true_random=False))
def test_the_order_and_direction_of_edges_change_nothing(
    edges: list[tuple[Pair, float]], cannot: list[Pair], random: Random
) -> None:
    shuffled = [((b, a) if random.random() < 0.5 else (a, b), w) for (a, b), w in edges]
    random.shuffle(shuffled)
    assert labels(N, shuffled, [], cannot) == labels(N, edges, [], cannot)


@settings(deadline=None)
@given(st.lists(EDGE, max_size=14), st.lists(PAIR, max_size=4), st.lists(PAIR, max_size=5))
def test_two_who_are_to_be_apart_never_share_a_label(
    edges: list[tuple[Pair, float]], must: list[Pair], cannot: list[Pair]
) -> None:
    found = labels(N, edges, must, cannot)
    assert all(found[a] != found[b] for a, b in cannot)


def test_the_weakest_edge_of_a_chain_is_the_one_that_is_cut() -> None:
    chain = [((0, 1), 9.0), ((1, 2), 4.0), ((2, 3), 8.0)]
    assert labels(4, chain) == [0, 0, 0, 0]
    assert labels(4, chain, cannot=[(0, 3)]) == [0, 0, 1, 1]


def test_a_must_outweighs_the_strongest_edge() -> None:
    edges = [((0, 1), float("inf")), ((1, 2), 1.0)]
    assert labels(3, edges, must=[(1, 2)], cannot=[(0, 2)]) == [0, 1, 1]


def test_nobody_else_moves_where_two_are_put_apart() -> None:
    edges = [((0, 1), 5.0), ((2, 3), 5.0), ((4, 5), 5.0)]
    assert labels(6, edges, cannot=[(2, 3), (0, 5)]) == [0, 0, 1, 2, 3, 3]


def test_no_records_and_no_edges_are_no_persons() -> None:
    assert labels(0, []) == []
    assert labels(3, []) == [0, 1, 2]


@pytest.mark.parametrize(("weight", "cannot"), [(float("nan"), []), (1.0, [(1, 1)])])
def test_an_edge_without_weight_and_a_record_apart_from_itself_are_refused(weight: float, cannot: list[Pair]) -> None:
    with pytest.raises(ValueError, match=r"weight|itself"):
        labels(2, [((0, 1), weight)], cannot=cannot)


def test_a_million_records_take_seconds_where_few_are_to_be_apart(capsys: pytest.CaptureFixture[str]) -> None:
    n = 1_000_000
    random = np.random.default_rng(4)
    left = random.integers(0, n, 2 * n) // 4 * 4
    right = left + random.integers(1, 4, 2 * n)
    cannot = [(4 * i, 4 * i + 1) for i in range(1000)]
    began = time.process_time()
    links = strongest_first(left, right, random.random(2 * n))
    found = partition(n, [Phase(links, (NOBODY, NOBODY))], kept_apart=cannot)
    took = time.process_time() - began
    with capsys.disabled():
        print(f"\n{n:,} records, {2 * n:,} edges, {len(cannot):,} apart: {took:.1f} s of CPU")
    assert took < 20
    assert all(found[a] != found[b] for a, b in cannot)
    assert (found <= np.arange(n)).all()
    assert (found[found] == found).all()
