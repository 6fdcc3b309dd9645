"""Candidate pairs and their weights: Splink on DuckDB, with what the model has learned."""

from __future__ import annotations

import logging
from typing import Any

import duckdb
import pyarrow as pa

from hrtp.identity.linkage.comparisons import BLOCKING
from hrtp.identity.linkage.model import Model

#: Pairs that Splink scores at a time.
_SLICE = 1_000_000

# One node for every distinct writing that a strong key makes one person anyway. A record that a person decided about
# stands for itself, and so does one that has too little to be anybody.
_NODES = """
create or replace table node as
with distinct_writing as (
    select min(position) as position, {columns}
    from writing
    group by {columns}, {alone}
)
select d.*,
    substr(d.first, 1, 1) as initial,
    substr(d.first, 1, 1) || substr(d.last, 1, 1) as initials,
    least(substr(d.born, 5, 2), substr(d.born, 7, 2)) || greatest(substr(d.born, 5, 2), substr(d.born, 7, 2)) as turned,
    -- names that are numbered (Test1, Test2) are as many names, and not slips of one
    coalesce(f.share >= {established}, false) or coalesce(regexp_matches(d.first, '[0-9]'), false) as is_known_first,
    coalesce(f.share, {other_first}) as tf_first,
    coalesce(l.share, {other_last}) as tf_last,
from distinct_writing as d
left join first_share as f on d.first = f.name
left join last_share as l on d.last = l.name
order by d.position
"""
_COLUMNS = "first, first_tokens, first_full, last, last_parts, suffix, born, ssn, caljobs, phone, email, zip"
_SAME_WRITING = (
    "case when position in (select position from alone) or (caljobs is null and "
    "(first is null or last is null or born is null)) then position end"
)


def make_nodes(connection: duckdb.DuckDBPyConnection, model: Model, alone: list[int]) -> None:
    """Make tables ``node`` (one row a distinct writing) and ``node_of`` (position, node) from ``writing``."""
    trained = model.trained
    shares = {"first_share": trained.first_names, "last_share": trained.last_names}
    for table, names in shares.items():
        incoming = pa.table({"name": list(names), "share": pa.array(names.values(), pa.float64())})
        _store(connection, table, incoming)
    _store(connection, "alone", pa.table({"position": pa.array(alone, pa.int64())}))
    connection.execute(
        _NODES.format(
            columns=_COLUMNS,
            alone=_SAME_WRITING,
            established=model.config.established_name_share,
            other_first=trained.other_first_name,
            other_last=trained.other_last_name,
        )
    )
    connection.execute(
        f"create or replace table node_of as select position, "
        f"min(position) over (partition by {_COLUMNS}, {_SAME_WRITING}) as node from writing order by position"
    )


def _store(connection: duckdb.DuckDBPyConnection, table: str, content: pa.Table) -> None:
    connection.register("incoming", content)
    connection.execute(f"create or replace table {table} as select * from incoming")
    connection.unregister("incoming")


def block(connection: duckdb.DuckDBPyConnection, rules: list[str]) -> int:
    """Make table ``candidate`` (join_key_l, join_key_r, match_key): each pair of nodes once. Gives their number."""
    pairs = "\nunion\n".join(
        f"select l.position as join_key_l, r.position as join_key_r from node as l inner join node as r "
        f"on {rule} and l.position < r.position"
        for rule in rules
    )
    connection.execute(
        "create or replace table candidate as select *, '0' as match_key, row_number() over () - 1 as number "
        f"from ({pairs})"
    )
    row = connection.execute("select count(*) from candidate").fetchone()
    return int(row[0]) if row else 0


def score(connection: duckdb.DuckDBPyConnection, model: Model, pairs: int) -> None:
    """Make table ``scored``: each candidate's match weight and the level of every comparison (``gamma_*``).

    Splink gives the levels only with all that was compared, which is wide: so a slice at a time, and the levels kept.
    """
    linker = make_linker(connection, model.splink)
    gammas = ", ".join(
        f"gamma_{c['output_column_name']}::tinyint as gamma_{c['output_column_name']}"
        for c in model.splink["comparisons"]
    )
    for number, first in enumerate(range(0, pairs, _SLICE)):
        connection.execute(
            "create or replace table slice as select * exclude (number) from candidate "
            f"where number >= {first} and number < {first + _SLICE}"
        )
        blocked = linker._db_api.table_to_splink_dataframe("__splink__blocked_id_pairs", "slice")
        linker.table_management.register_blocked_pairs_for_predict(blocked)
        predicted = linker.inference.predict(warning_mode="never")
        verb = "create or replace table scored as" if number == 0 else "insert into scored"
        connection.execute(
            f"{verb} select position_l, position_r, match_weight, match_probability, {gammas} "
            f"from {predicted.physical_name} order by position_l, position_r"
        )
        predicted.drop_table_from_database_and_remove_from_cache()


def make_linker(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any]) -> Any:
    """A Splink linker over ``node``, with the shares of names that the model knows instead of those of the data."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=connection)
    connection.execute("drop table if exists scored")
    linker = Linker(api.table_to_splink_dataframe("node", "node"), settings, log_level=None, validate_settings=False)
    for column in ("first", "last"):
        connection.execute(
            f"create or replace table share_of_{column} as select distinct {column}, tf_{column} from node "
            f"where {column} is not null order by all"
        )
        table = api.table_to_splink_dataframe(f"__splink__df_tf_{column}", f"share_of_{column}")
        linker.table_management.register_term_frequency_lookup(table, column)
    return linker


def rules_of(settings: dict[str, Any]) -> list[str]:
    """The blocking rules as SQL conditions over ``l`` and ``r``."""
    return [rule["blocking_rule"] for rule in settings["blocking_rules_to_generate_predictions"]] or list(BLOCKING)
