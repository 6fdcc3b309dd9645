"""Training: Splink learns from labelled records how often the same person, and how often two, agree in each way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hrtp.duck import open_duckdb
from hrtp.identity.linkage.comparisons import settings
from hrtp.identity.linkage.model import Config, Model, Trained
from hrtp.identity.linkage.normalise import write_normalised
from hrtp.identity.linkage.score import make_linker, make_nodes

#: Odds that two random records are one person's: three records each of half a million people. Fixed, so that the
#: weight of a pair does not change with the number of records beside it.
PRIOR = 4e-6
#: A name is listed in the model only if so many records bear it: no name there points to anybody.
FEWEST_BEARERS = 20
#: What was never seen in training may still be: no level proves more than this.
_LEAST_M, _LEAST_U = 1e-3, 1e-6
_U_PAIRS = 5_000_000
_EM_PAIRS = 1_000_000


def train(records: pd.DataFrame, config: Config, *, seed: int, trained_on: str) -> Trained:
    """Learn from ``records``: from their ``true_person`` where they have one, else by expectation maximisation.

    Args:
        records: input columns of the matcher, and ``true_person`` or not.
        config: the configuration; of it only the share from which on a name is established.
        seed: of the samples that Splink draws.
        trained_on: goes into the artefact.
    """
    records = records.reset_index(drop=True).assign(position=np.arange(len(records)))
    connection = open_duckdb(settings={"threads": "1", "memory_limit": "4GB"})
    try:
        connection.register("record", records)
        write_normalised(connection)
        shares = {column: _shares(connection, column) for column in ("first", "last")}
        untrained = Trained(
            trained_on=trained_on,
            seed=seed,
            records=len(records),
            splink=settings(PRIOR),
            first_names=shares["first"][0],
            other_first_name=shares["first"][1],
            last_names=shares["last"][0],
            other_last_name=shares["last"][1],
        )
        make_nodes(connection, Model(trained=untrained, config=config), list(range(len(records))))
        labelled = "true_person" in records
        if labelled:
            connection.execute(
                "create or replace table node as select n.*, r.true_person from node as n "
                "inner join record as r using (position) order by n.position"
            )
        linker = make_linker(connection, untrained.splink)
        linker.training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=seed, min_count_per_level=None)
        if labelled:
            linker.training.estimate_m_from_label_column("true_person")
        else:
            for rule in ("l.born = r.born and l.last = r.last", "l.ssn = r.ssn and l.first = r.first"):
                linker.training.estimate_parameters_using_expectation_maximisation(
                    rule, estimate_without_term_frequencies=True, max_pairs=_EM_PAIRS
                )
        learned = linker.misc.save_model_to_json()
    finally:
        connection.close()
    return untrained.model_copy(update={"splink": _filled(settings(PRIOR), learned)})


def _shares(connection: Any, column: str) -> tuple[dict[str, float], float]:
    """Share of each established name, in three digits, and the mean share of all others."""
    rows = connection.execute(
        f"select {column}, count(*) from writing where {column} is not null group by all order by all"
    ).fetchall()
    total = sum(count for _, count in rows)
    least = max(FEWEST_BEARERS, total * 2e-5)
    listed = {name: float(f"{count / total:.3g}") for name, count in rows if count >= least}
    others = [count for _, count in rows if count < least]
    # the mean over bearers, not over names: how common the name of a random bearer of an unlisted name is
    mean = sum(c * c for c in others) / max(sum(others), 1) / max(total, 1)
    return listed, float(f"{max(mean, 1e-6):.3g}")


def _filled(template: dict[str, Any], learned: dict[str, Any]) -> dict[str, Any]:
    """The template with the learned probabilities, in four digits; a level never seen keeps a small one."""
    for comparison, found in zip(template["comparisons"], learned["comparisons"], strict=True):
        for level, values in zip(comparison["comparison_levels"], found["comparison_levels"], strict=True):
            if level.get("is_null_level"):
                continue
            for name in ("m_probability", "u_probability"):
                value = values.get(name)
                least = _LEAST_M if name == "m_probability" else _LEAST_U
                level[name] = float(f"{max(value if isinstance(value, float) else least, least):.4g}")
    return template
