"""From pairs to persons, without chains: links join in order of strength, and none joins two who contradict.

Where nobody in a component contradicts anybody, the component is a person; only the others are put together link by
link. A night's persons and the history of their keys are made here alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Array = np.ndarray[Any, Any]


def components(count: int, left: Array, right: Array) -> Array:
    """Number the groups that the links join: int array, one a node."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


class Groups:
    """Growing groups of nodes that keep those apart who must be."""

    def __init__(self, apart: Iterable[tuple[int, int]]) -> None:
        self._parent: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)
        self.part(apart)

    def part(self, apart: Iterable[tuple[int, int]]) -> None:
        """Keep more pairs apart from now on; those that are together stay so."""
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def find(self, node: int) -> int:
        """The group of a node, by its smallest member."""
        while (up := self._parent.get(node, node)) != node:
            node = up
        return node

    def join(self, one: int, other: int) -> bool:
        """Join two groups, unless a member of one must stay apart from a member of the other."""
        a, b = sorted((self.find(one), self.find(other)))
        if a == b:
            return True
        these, those = self._members.get(a, [a]), self._members.get(b, [b])
        few, many = sorted((these, those), key=len)
        others = set(many)
        if any(not self._apart.get(node, set()).isdisjoint(others) for node in few):
            return False
        self._parent[b] = a
        self._members[a] = these + those
        self._members.pop(b, None)
        return True


@dataclass(frozen=True)
class Phase:
    """Links to be made, the strongest first, and the pairs that none of them may bring together."""

    links: tuple[Array, Array]
    apart: tuple[Array, Array]


def strongest_first(left: Array, right: Array, weight: Array) -> tuple[Array, Array]:
    """Links by weight, the heaviest first, then by their lower and higher end: the same links in any order give one.

    Raises:
        ValueError: a weight is NaN.
    """
    if np.isnan(weight).any():
        raise ValueError("a link without a weight has no place in the order")
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low, -weight))
    return low[order], high[order]


def partition(
    count: int,
    phases: Sequence[Phase],
    *,
    forced: Sequence[tuple[int, int]] = (),
    kept_apart: Sequence[tuple[int, int]] = (),
) -> Array:
    """Number the persons among ``count`` nodes.

    Args:
        count: how many nodes.
        phases: what joins, one after the other; what an earlier one joined, a later one never parts.
        forced: pairs that are one person's whatever any phase says, most binding first.
        kept_apart: pairs that nothing brings together, not even ``forced``.

    Returns:
        int array, one a node: the smallest node of its group. Time is linear in links, but for the components in
        which two are to be apart.

    Raises:
        ValueError: a node is to be apart from itself.
    """
    if any(one == other for one, other in kept_apart):
        raise ValueError("a record cannot be apart from itself")
    ends = [(phase.links, phase.apart) for phase in phases]
    left = np.concatenate([links[0] for links, _ in ends] + [np.array([a for a, _ in forced], dtype=np.int64)])
    right = np.concatenate([links[1] for links, _ in ends] + [np.array([b for _, b in forced], dtype=np.int64)])
    group = components(count, left.astype(np.int64), right.astype(np.int64))
    contradicted = {int(g) for _, apart in ends for g in group[apart[0][group[apart[0]] == group[apart[1]]]]}
    contradicted |= {int(group[a]) for a, b in kept_apart if group[a] == group[b]}
    label = _smallest(group)
    if not contradicted:
        return label
    dirty = np.zeros(group.max() + 1, dtype=bool)
    dirty[sorted(contradicted)] = True
    groups = Groups(kept_apart)
    for one, other in forced:
        if dirty[group[one]]:
            groups.join(one, other)
    for links, apart in ends:
        inside = dirty[group[apart[0]]] & (group[apart[0]] == group[apart[1]])
        groups.part(zip(apart[0][inside].tolist(), apart[1][inside].tolist(), strict=True))
        at = dirty[group[links[0]]]
        for one, other in zip(links[0][at].tolist(), links[1][at].tolist(), strict=True):
            groups.join(one, other)
    nodes = np.flatnonzero(dirty[group])
    label[nodes] = [groups.find(node) for node in nodes.tolist()]
    return label


def _smallest(group: Array) -> Array:
    """Each node's group by its smallest node."""
    first = np.full(group.max() + 1 if len(group) else 0, len(group), dtype=np.int64)
    np.minimum.at(first, group, np.arange(len(group)))
    return first[group]
