"""What the figures to date would be if other records were one person.

The keys of persons are a judgement: strong keys alone, the model, stewards, and pairs that nobody has decided yet give
different persons, and so different counts. Each such judgement is a column of ``identity.record_keys``. A figure under
another column is exact, because the very models of the night compute it again in a copy of the candidate; it is never
derived from the difference. Where two columns part the records in the same way nothing runs again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from hrtp.disk import require_room, size_of
from hrtp.duck import open_duckdb
from hrtp.errors import BuildFailed
from hrtp.nodes import NodeResult, failed_nodes
from hrtp.settings import Settings

#: Each variant of the identities, and the column of ``identity.record_keys`` that holds its persons.
VARIANTS: Mapping[str, str] = {
    "deterministic": "key_deterministic",
    "probabilistic": "key_probabilistic",
    "if_none_merged": "key_if_none_merged",
    "if_all_merged": "key_if_all_merged",
}
#: What a figure needs that a person's key decides: the models behind the keys and before the values.
_MODELS = "source:hrtp.identity.record_keys+,+indicator_values"
_SCRATCH = "variant"
_TABLE = "identity.indicator_variants"

_FIGURES = """
select indicator_key, sector, value_to_date
from marts.indicator_values
where period_type = 'to_date'
order by all
"""


def create_variant_tables(connection: duckdb.DuckDBPyConnection, pairs: Path) -> None:
    """Make what dbt reads of the variants: the pairs under review, and the figures, of which there are none yet.

    Args:
        connection: holds ``identity.record_keys``.
        pairs: ``identity/pairs.parquet``, where the linkage wrote one; ``band = 'review'`` and not ``blocked``.
    """
    connection.execute(
        f"create table {_TABLE} (variant varchar, indicator_key varchar, sector varchar, value_to_date decimal(18, 2))"
    )
    connection.execute(
        "create table identity.review_pairs (pair_number bigint, left_person_key varchar, right_person_key varchar)"
    )
    if pairs.exists():
        connection.execute(_REVIEW_PAIRS, [str(pairs)])


_REVIEW_PAIRS = """
insert into identity.review_pairs
select row_number() over (
        order by p.left_source, p.left_type, p.left_id, p.right_source, p.right_type, p.right_id
    ), l.person_key, r.person_key
from read_parquet(?) as p
inner join identity.record_keys as l
    on l.source = p.left_source and l.record_type = p.left_type and l.record_id = p.left_id
inner join identity.record_keys as r
    on r.source = p.right_source and r.record_type = p.right_type and r.record_id = p.right_id
where p.band = 'review' and p.blocked is null
order by 1
"""


def add_variants(settings: Settings, candidate: Path, as_of: date, say: Callable[[str], None]) -> list[NodeResult]:
    """Run the models again for every variant that differs, and build ``indicator_identity`` anew from their figures.

    Args:
        settings: the zones and the project.
        candidate: the warehouse that dbt has built; closed.
        as_of: the day that the figures speak of.
        say: takes a line of progress.

    Returns:
        What became of the nodes that ran again in the candidate itself; none where no variant differs.

    Raises:
        BuildFailed: where a model did not run under other keys.
        LowDiskError: where there is no room for a copy of the candidate.
    """
    runs = differing_variants(settings, candidate)
    if not runs:
        return []
    from hrtp.dbt_runner import parse_project, run_nodes

    manifest = parse_project(settings, candidate, as_of)
    require_room(candidate.parent, size_of([candidate]), "the figures under other identities")
    folder = candidate.parent / _SCRATCH
    folder.mkdir(mode=0o700)
    # of the same name: DuckDB calls a database by its file, and the parsed project speaks of it by that name
    scratch = Path(shutil.copyfile(candidate, folder / candidate.name))
    figures: list[tuple[object, ...]] = []
    for variants in runs:
        say(f"identity: the figures {' and '.join(variants)}")
        _set_keys(settings, scratch, VARIANTS[variants[0]])
        nodes = run_nodes(settings, scratch, as_of, manifest, "run", _MODELS)
        if not nodes or failed_nodes(nodes):
            names = ", ".join(node.name for node in failed_nodes(nodes)) or "nothing ran"
            raise BuildFailed(f"the figures {variants[0]} could not be computed: {names}")
        with open_duckdb(scratch, read_only=True) as connection:
            found = connection.execute(_FIGURES).fetchall()
        figures += [(variant, *row) for variant in variants for row in found]
    shutil.rmtree(folder)
    with open_duckdb(candidate) as connection:
        connection.executemany(f"insert into {_TABLE} values (?, ?, ?, ?)", figures)
    return run_nodes(settings, candidate, as_of, manifest, "build", "indicator_identity")


def differing_variants(settings: Settings, candidate: Path) -> list[tuple[str, ...]]:
    """The variants whose persons are others than those that count, those that agree with each other together.

    A key is only a name: two columns agree where they put the same records together.
    """
    with open_duckdb(candidate, folders=[settings.identity]) as connection:
        connection.execute(
            "create temp table numbered as select row_number() over (order by source, record_type, record_id) as n, "
            f"person_key, {', '.join(VARIANTS.values())} from identity.record_keys"
        )
        final = _partition(connection, "person_key")
        groups: dict[str, list[str]] = {}
        for variant, column in VARIANTS.items():
            groups.setdefault(_partition(connection, column), []).append(variant)
    return [tuple(variants) for partition, variants in groups.items() if partition != final]


def _partition(connection: duckdb.DuckDBPyConnection, column: str) -> str:
    """Digest of which records are together: each record's number replaced by that of the first one of its person."""
    query = f"select min(n) over (partition by {column}) as first_n from numbered order by n"
    firsts = np.asarray(connection.execute(query).fetchnumpy()["first_n"], dtype=np.int64)
    return hashlib.sha256(firsts.tobytes()).hexdigest()


def _set_keys(settings: Settings, scratch: Path, column: str) -> None:
    """Let ``identity.record_keys`` of the copy say that ``column`` is the person."""
    with open_duckdb(scratch, folders=[settings.identity]) as connection:
        # the candidate has a view over the restricted zone; the copy gets a table, which each variant replaces
        known = connection.execute("select count(*) from duckdb_tables() where table_name = 'all_record_keys'")
        if known.fetchall() == [(0,)]:
            connection.execute("create table identity.all_record_keys as from identity.record_keys")
            views = "select count(*) from duckdb_views() where schema_name = 'identity' and view_name = 'record_keys'"
            kind = "table" if connection.execute(views).fetchall() == [(0,)] else "view"
            connection.execute(f"drop {kind} identity.record_keys")
        connection.execute(
            f"create or replace table identity.record_keys as select * replace ({column} as person_key) "
            "from identity.all_record_keys order by source, record_type, record_id"
        )
