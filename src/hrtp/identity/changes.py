"""Which keys were merged away, and which split off, on which day: told again from landing each night, never remembered.

On a day a person is a component of what links records on that day; the key is that of the record of theirs which was
first seen. So a record that joins changes nobody's key; where two persons become one, the key of the one seen first
stays (``merge``: the other key ends); where one becomes two, the record that was first seen of those who go stands for
them again (``split``). The days are data days for links and days of decisions in Los Angeles for stewards' words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from hrtp.identity.clusters import Phase, partition, strongest_first
from hrtp.identity.decision import Verdict

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
#: A link that still holds.
NEVER = np.datetime64("9999-12-31", "D")


class Word(NamedTuple):
    """A steward's decision by positions of records, and its day."""

    left: int
    right: int
    day: np.datetime64
    verdict: Verdict


class Change(NamedTuple):
    """The key of record ``old`` gave way to the key of record ``new``, by positions."""

    old: int
    new: int
    day: np.datetime64
    kind: Literal["merge", "split"]


@dataclass(frozen=True)
class Links:
    """What links records when: arrays of one length, days ``datetime64[D]``.

    ``left`` and ``right`` are positions of records (below ``n``), or of values that several records share (``n`` and
    above), such as a state id: whoever is linked to one value at a time is one person at that time. A link holds from
    ``since`` to the day before ``until``.
    """

    n_values: int
    left: Ints
    right: Ints
    weight: npt.NDArray[np.float64]
    since: Days
    until: Days

    @classmethod
    def of(cls, frame: pd.DataFrame, n_values: int = 0) -> Links:
        """From columns left, right, weight (missing: nothing outweighs it), since, until (missing: it still holds)."""
        until = frame["until"] if "until" in frame else pd.Series(NEVER, index=frame.index)
        return cls(
            n_values,
            frame["left"].to_numpy(np.int64),
            frame["right"].to_numpy(np.int64),
            np.asarray(frame["weight"].astype("float64").fillna(np.inf), dtype=np.float64),
            frame["since"].to_numpy().astype("datetime64[D]"),
            until.fillna(pd.Timestamp(str(NEVER))).to_numpy().astype("datetime64[D]"),
        )

    def __add__(self, other: Links) -> Links:
        """Both; only one of the two may have values."""
        return Links(
            self.n_values + other.n_values,
            np.concatenate([self.left, other.left]),
            np.concatenate([self.right, other.right]),
            np.concatenate([self.weight, other.weight]),
            np.concatenate([self.since, other.since]),
            np.concatenate([self.until, other.until]),
        )

    def rows(self, which: Ints) -> Links:
        """Those of them, by number."""
        return Links(
            self.n_values,
            self.left[which],
            self.right[which],
            self.weight[which],
            self.since[which],
            self.until[which],
        )


def key_changes(first_seen: Days, person: npt.ArrayLike, links: Links, words: Sequence[Word] = ()) -> list[Change]:
    """All changes of keys up to now, by day, then old and new record.

    Args:
        first_seen: day on which each record was first seen, ``datetime64[D]``; records in the order of their ids,
            which decides among those of one day.
        person: label of each record's person as it is now; what the links say of the last day gives way to it.
        links: what linked records when.
        words: stewards' decisions, in their order.
    """
    n, now = len(first_seen), np.asarray(person, dtype=np.int64)
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((np.arange(n), first_seen))] = np.arange(n)
    component = _ever_linked(n, now, links, words)
    found: list[Change] = []
    for members, own_links, own_words in _to_look_at(component, first_seen, rank, links, words):
        found += _Story(members, first_seen, rank, now, own_links, own_words).changes()
    return sorted(found, key=lambda c: (c.day, c.old, c.new, c.kind))


def _ever_linked(n: int, now: Ints, links: Links, words: Sequence[Word]) -> Ints:
    """Components over everything that ever linked anybody."""
    total = n + links.n_values
    first = pd.Series(np.arange(n)).groupby(now).transform("min").to_numpy()
    left = np.concatenate([links.left, np.arange(n), np.array([w.left for w in words], dtype=np.int64)])
    right = np.concatenate([links.right, first, np.array([w.right for w in words], dtype=np.int64)])
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _to_look_at(
    component: Ints, first_seen: Days, rank: Ints, links: Links, words: Sequence[Word]
) -> Iterable[tuple[Ints, Links, list[Word]]]:
    """Components in which a key may have changed: where a steward spoke, or where two records ever had their own.

    A record that was linked from its first day on, and ever since, to one that was seen before never had its own key.
    """
    n = len(first_seen)
    never_own = np.zeros(n, dtype=bool)
    steady = links.until == NEVER
    is_record = (links.left < n) & (links.right < n)
    low = np.where(is_record, links.left, 0)
    high = np.where(is_record, links.right, 0)
    low, high = np.where(rank[low] < rank[high], low, high), np.where(rank[low] < rank[high], high, low)
    never_own[high[is_record & steady & (links.since == first_seen[high])]] = True
    holds = ~is_record & steady
    record, value = np.minimum(links.left, links.right)[holds], np.maximum(links.left, links.right)[holds]
    prompt = links.since[holds] == first_seen[record]
    record, value = record[prompt], value[prompt]
    if len(record):
        first_of = pd.Series(rank[record]).groupby(value).transform("min").to_numpy()
        never_own[record[rank[record] > first_of]] = True
    owners = np.bincount(component[:n][~never_own], minlength=component.max(initial=-1) + 1)
    wanted = owners > 1
    for word in words:
        wanted[component[word.left]] = True
    if not wanted.any():
        return
    of_link = component[links.left]
    nodes = np.flatnonzero(wanted[component[:n]])
    members = _grouped(nodes, component[nodes])
    edges = np.flatnonzero(wanted[of_link])
    edges_of = _grouped(edges, of_link[edges])
    words_of: dict[int, list[Word]] = {}
    for word in words:
        words_of.setdefault(int(component[word.left]), []).append(word)
    none = np.zeros(0, dtype=np.int64)
    for number, inside in members.items():
        yield inside, links.rows(edges_of.get(number, none)), words_of.get(number, [])


def _grouped(what: Ints, by: Ints) -> dict[int, Ints]:
    if not len(what):
        return {}
    order = np.argsort(by, kind="stable")
    numbers, starts = np.unique(by[order], return_index=True)
    return {int(number): part for number, part in zip(numbers, np.split(what[order], starts[1:]), strict=True)}


class _Story:
    """One component through its days: a handful of records, for which lists beat arrays. Days are numbers."""

    def __init__(
        self, members: Ints, first_seen: Days, rank: Ints, now: Ints, links: Links, words: Sequence[Word]
    ) -> None:
        self._n = len(first_seen)
        in_order = members[np.argsort(rank[members])]
        seen = first_seen[in_order].astype("datetime64[D]").astype(np.int64).tolist()
        #: In the order of first seeing: the first of a person is whose key it has.
        self._seen = dict(zip(in_order.tolist(), seen, strict=True))
        self._now = dict(zip(in_order.tolist(), now[in_order].tolist(), strict=True))
        since, until = (days.astype(np.int64).tolist() for days in (links.since, links.until))
        columns = (links.left.tolist(), links.right.tolist(), links.weight.tolist(), since, until)
        self._links = list(zip(*columns, strict=True))
        self._words = [(_number(word.day), word) for word in words]

    def changes(self) -> Iterable[Change]:
        days = {*self._seen.values(), *(day for day, _ in self._words), *(day for k in self._links for day in k[3:])}
        first = min(self._seen.values())
        told = sorted(day for day in days if first <= day < _number(NEVER))
        before: dict[int, int] = {}
        for day in told:
            after = self._anchors(day, is_last=day == told[-1])
            for record, anchor in sorted(before.items()):
                if anchor == record and after[record] != record:
                    yield Change(record, after[record], np.datetime64(day, "D"), "merge")
                elif anchor != record and after[record] == record:
                    yield Change(anchor, record, np.datetime64(day, "D"), "split")
            before = after

    def _anchors(self, day: int, *, is_last: bool) -> dict[int, int]:
        """The record whose key each record has at the end of ``day``."""
        there = [record for record, seen in self._seen.items() if seen <= day]
        persons = self._now if is_last else self._persons(day, set(there))
        anchors: dict[int, int] = {}
        for record in there:
            anchors.setdefault(persons[record], record)
        return {record: anchors[persons[record]] for record in there}

    def _persons(self, day: int, there: set[int]) -> dict[int, int]:
        links = [
            (left, right, weight)
            for left, right, weight, since, until in self._links
            if since <= day < until and (left >= self._n or left in there) and (right >= self._n or right in there)
        ]
        standing: dict[tuple[int, int], str] = {}
        for spoken, word in self._words:
            pair = (word.left, word.right)
            if spoken <= day and there.issuperset(pair):
                standing.pop(pair, None)  # a later word also comes later
                standing[pair] = word.verdict
        musts = [pair for pair, verdict in standing.items() if verdict == "merge"]
        cannots = [pair for pair, verdict in standing.items() if verdict == "apart"]
        if not cannots:
            return _joined(there, [*musts, *(link[:2] for link in links)])
        nodes = sorted({*self._seen, *(end for link in links for end in link[:2])})
        place = {node: number for number, node in enumerate(nodes)}
        none = np.zeros(0, dtype=np.int64)
        ends = np.array([(place[left], place[right]) for left, right, _ in links], dtype=np.int64).reshape(-1, 2)
        weights = np.array([weight for _, _, weight in links], dtype=np.float64)
        labels = partition(
            len(place),
            [Phase(strongest_first(ends[:, 0], ends[:, 1], weights), (none, none))],
            forced=[(place[left], place[right]) for left, right in musts],
            kept_apart=[(place[left], place[right]) for left, right in cannots],
        )
        return {record: int(labels[place[record]]) for record in there}


def _number(day: np.datetime64) -> int:
    return int(day.astype("datetime64[D]").astype(np.int64))


def _joined(records: set[int], pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Components of a handful, for which arrays are slow."""
    parent: dict[int, int] = {}

    def root(of: int) -> int:
        while of in parent:
            of = parent[of]
        return of

    for left, right in pairs:
        one, other = root(left), root(right)
        if one != other:
            parent[max(one, other)] = min(one, other)
    return {record: root(record) for record in records}
