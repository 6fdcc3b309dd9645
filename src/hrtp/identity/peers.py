"""What the matcher is measured against: the three exact rules alone, and Splink as it comes."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from hrtp.duck import open_duckdb
from hrtp.identity.clusters import components as linked
from hrtp.identity.linkage.arrays import fetch
from hrtp.identity.match import components

#: The probability from which on plain Splink merges.
PLAIN_THRESHOLD = 0.95
_COLUMNS = ("first_name", "last_name", "date_of_birth", "ssn_last4", "caljobs_id", "email", "phone", "zip")


def exact_rules(records: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Persons by exact strong keys alone, without any check for conflicts."""
    frame = records.reindex(columns=list(_COLUMNS)).astype(object)
    return components(frame.where(frame.notna(), None))


def plain_splink(records: pd.DataFrame, *, seed: int = 1) -> np.ndarray[Any, Any]:
    """Persons by Splink's own comparisons, trained on the records themselves, merged from 0.95 on."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    frame = records.reindex(columns=list(_COLUMNS)).assign(unique_id=np.arange(len(records)))
    frame["first_name"], frame["last_name"] = frame["first_name"].str.lower(), frame["last_name"].str.lower()
    connection = open_duckdb(settings={"threads": "2", "memory_limit": "3GB"})
    try:
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=[
                library.NameComparison("first_name").configure(term_frequency_adjustments=True),
                library.NameComparison("last_name").configure(term_frequency_adjustments=True),
                library.DateOfBirthComparison("date_of_birth", input_is_string=True),
                library.ExactMatch("ssn_last4"),
                library.ExactMatch("caljobs_id"),
                library.ExactMatch("email"),
                library.ExactMatch("phone"),
                library.ExactMatch("zip"),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("caljobs_id"),
                block_on("ssn_last4", "date_of_birth"),
                block_on("first_name", "last_name", "zip"),
                block_on("last_name", "date_of_birth"),
                block_on("first_name", "date_of_birth"),
                block_on("email"),
                block_on("phone"),
            ],
            retain_matching_columns=False,
        )
        api = DuckDBAPI(connection=connection)
        connection.register("frame", frame)
        connection.execute("create table incoming as select * from frame")
        connection.unregister("frame")
        linker = Linker(api.table_to_splink_dataframe("incoming", "incoming"), settings, log_level=None)
        linker.training.estimate_probability_two_random_records_match(
            [block_on("first_name", "last_name", "date_of_birth"), block_on("ssn_last4", "date_of_birth")], recall=0.9
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=seed)
        for rule in (block_on("date_of_birth", "last_name"), block_on("first_name", "last_name")):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True, max_pairs=1e6
            )
        found = linker.inference.predict(threshold_match_probability=PLAIN_THRESHOLD, warning_mode="never")
        pairs = fetch(connection, f"select unique_id_l as l, unique_id_r as r from {found.physical_name}")
    finally:
        connection.close()
    return linked(len(records), pairs["l"].astype(np.int64), pairs["r"].astype(np.int64))
