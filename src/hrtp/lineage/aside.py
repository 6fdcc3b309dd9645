"""What a build reads beside raw, and computes beside its models: partners' YAML, dropped lists, other identities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hrtp.lineage.datasets import project_file, table, written
from hrtp.lineage.events import Work
from hrtp.settings import Settings

if TYPE_CHECKING:
    import duckdb

#: Where the models begin and end that run again for other identities (`hrtp.variants`).
_KEYS, _VALUES = "identity.record_keys", "marts.indicator_values"


@dataclass(frozen=True)
class Aside:
    """What the warehouse itself says: of each accepted list its sha256 and rows, and which identities were computed."""

    lists: Mapping[str, tuple[str, int]]
    variants: Sequence[str]


def read_aside(connection: duckdb.DuckDBPyConnection) -> Aside:
    """From an open warehouse."""
    lists = connection.execute(
        "select list_name, file_sha256, n_rows from reference.lists where file_sha256 is not null order by 1"
    ).fetchall()
    variants = connection.execute("select distinct variant from identity.indicator_variants order by 1").fetchall()
    return Aside({name: (sha256, rows) for name, sha256, rows in lists}, [name for (name,) in variants])


def registry(settings: Settings, facts: Mapping[str, Any]) -> Work:
    """Who delivers what, out of ``sources/``."""
    files = sorted((settings.project / "sources").glob("*.yml"))
    return Work(
        job="build.source_registry",
        inputs=[project_file(file) for file in files],
        outputs=[written("raw.source_registry")],
        kind="LOAD",
        facts=facts,
        path="src/hrtp/build.py",
        description="Who delivers which entity, in which mode, and who answers for it",
    )


def lists(settings: Settings, aside: Aside, names: Sequence[str], facts: Mapping[str, Any]) -> Iterator[Work]:
    """The lists that people drop in: each out of its file, or out of nothing where the sample stands.

    ``reference.lists`` says which; whoever reads it is told of all of them.
    """
    offered = {name: settings.reference_root / f"{name}.csv" for name in names if name != "lists"}
    files = {name: project_file(offered[name], aside.lists[name][0]) for name in offered if name in aside.lists}
    for name in sorted(offered):
        yield Work(
            job=f"reference.{name}",
            inputs=[files[name]] if name in files else [],
            outputs=[written(f"reference.{name}", n_rows=aside.lists[name][1] if name in files else 0)],
            kind="LOAD",
            facts=facts,
            path="src/hrtp/reference/accept.py",
            description="A published list as it was dropped in; empty where the sample stands",
        )
    yield Work(
        job="reference.lists",
        inputs=list(files.values()),
        outputs=[written("reference.lists", n_rows=len(files))],
        kind="LOAD",
        facts=facts,
        path="src/hrtp/reference/accept.py",
        description="Which lists were dropped in, whose and of when",
    )


def other_identities(aside: Aside, reads: Mapping[str, Sequence[str]], facts: Mapping[str, Any]) -> Work:
    """The figures to date if other records were one person.

    It runs in a copy all models behind the keys and before the values: what these read from elsewhere it reads, too.

    Args:
        aside: which identities differ; none where nothing ran, for then the figures are the night's own.
        reads: of each model the tables that it reads.
        facts: of the build.
    """
    inside = _behind(_KEYS, reads) & _before(_VALUES, reads)
    inputs = {above for name in inside for above in reads.get(name, ())} - inside
    return Work(
        job="identity.variants",
        inputs=[table(name) for name in sorted(inputs if aside.variants else {_KEYS})],
        outputs=[written("identity.indicator_variants")],
        kind="MODEL",
        facts={**facts, "variants": list(aside.variants)},
        path="src/hrtp/variants.py",
        description="The figures to date under other judgements of who is one person, in a copy of the warehouse",
    )


def _behind(start: str, reads: Mapping[str, Sequence[str]]) -> set[str]:
    """Tables that ``start`` is in."""
    onward: dict[str, list[str]] = defaultdict(list)
    for name, above in reads.items():
        for one in above:
            onward[one].append(name)
    return _reached(start, onward)


def _before(end: str, reads: Mapping[str, Sequence[str]]) -> set[str]:
    """Tables that are in ``end``, and ``end`` itself."""
    return {end, *_reached(end, reads)}


def _reached(start: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    seen, waiting = set[str](), [start]
    while waiting:
        for name in edges.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen
