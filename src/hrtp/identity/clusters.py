"""From edges to persons: what belongs together, the strongest first, and never two whom somebody has put apart.

Where no two records of a component are to be apart, a component is a person. Only where some are is it put together
edge by edge: musts in their order, then edges by weight, then by position; an edge that would bring two together who
are to be apart is passed over. So the same edges in any order give the same persons.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Positions = npt.NDArray[np.int64]
Pairs = npt.ArrayLike
_NO_PAIRS = np.zeros((0, 2), dtype=np.int64)


def cluster(
    n: int,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    weight: npt.ArrayLike,
    must: Pairs = _NO_PAIRS,
    cannot: Pairs = _NO_PAIRS,
) -> Positions:
    """Number the persons among ``n`` records.

    Args:
        n: how many records there are; positions are 0 to n-1.
        left: one end of each edge.
        right: the other end.
        weight: strength of each edge, the higher the earlier; infinite for one that nothing may outweigh. No NaN.
        must: rows of two positions that are one person whatever the edges say; earlier rows come first.
        cannot: rows of two positions that are two persons, even where a chain of musts joins them.

    Returns:
        One label a record, equal for one person: 0, 1, 2 ... in the order of each person's first record. Time is
        linear in edges, but for the components in which two records are to be apart.

    Raises:
        ValueError: a weight is NaN, or a record is to be apart from itself.
    """
    ends = np.stack([np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)], axis=1).reshape(-1, 2)
    weights = np.asarray(weight, dtype=np.float64).reshape(-1)
    musts, cannots = (np.asarray(pairs, dtype=np.int64).reshape(-1, 2) for pairs in (must, cannot))
    if np.isnan(weights).any():
        raise ValueError("an edge without a weight has no place in the order")
    if (cannots[:, 0] == cannots[:, 1]).any():
        raise ValueError("a record cannot be apart from itself")
    every = np.concatenate([musts, ends])
    graph = coo_matrix((np.ones(len(every), dtype=np.int8), (every[:, 0], every[:, 1])), shape=(n, n))
    component: Positions = connected_components(graph, directed=False)[1].astype(np.int64)
    contested = component[cannots[:, 0]] == component[cannots[:, 1]]
    if contested.any():
        inside = np.zeros(n, dtype=bool)
        inside[component[cannots[contested, 0]]] = True  # by number of the component
        _split(
            component,
            np.flatnonzero(inside[component]),
            musts[inside[component[musts[:, 0]]]],
            _strongest_first(ends, weights, inside[component[ends[:, 0]]]),
            cannots[contested],
        )
    return _by_first_record(component)


def _strongest_first(ends: Positions, weights: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_]) -> Positions:
    low, high = ends[chosen].min(axis=1, initial=np.iinfo(np.int64).max), ends[chosen].max(axis=1, initial=-1)
    order = np.lexsort((high, low, -weights[chosen]))
    return np.stack([low[order], high[order]], axis=1)


def _split(component: Positions, members: Positions, musts: Positions, ends: Positions, cannots: Positions) -> None:
    """Number the contested components anew, in place: by the root of each person, behind all other numbers."""
    parent = {int(member): int(member) for member in members}
    foes: dict[int, set[int]] = {}
    size: dict[int, int] = {}

    def root(of: int) -> int:
        while parent[of] != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    for one, other in cannots.tolist():
        foes.setdefault(one, set()).add(other)
        foes.setdefault(other, set()).add(one)
    for one, other in (*musts.tolist(), *ends.tolist()):
        big, small = root(one), root(other)
        if big == small or small in foes.get(big, ()):
            continue
        if size.get(big, 1) < size.get(small, 1):
            big, small = small, big
        parent[small] = big
        size[big] = size.get(big, 1) + size.get(small, 1)
        for foe in foes.pop(small, set()):
            foes[foe].discard(small)
            foes[foe].add(big)
            foes.setdefault(big, set()).add(foe)
    component[members] = len(component) + np.array([root(int(member)) for member in members], dtype=np.int64)


def _by_first_record(component: Positions) -> Positions:
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)
