"""Which rules of a contract apply to one file: by the columns it has and the partner that sends it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from hrtp.contracts import EntityContract, Rule, helper_column
from hrtp.sources import SourceConfig


def applicable_rules(contract: EntityContract, source: SourceConfig, frame: pd.DataFrame) -> list[Rule]:
    """The contract's rules for this file, in order.

    A rule on a column that the file lacks does not apply, but for a required value, which then is missing in every row
    that needs it. An intermediary's own sector is known, even where it is new to the contract's list.
    """
    return [adapted for rule in contract.rules for adapted in _adapt(rule, contract, source, frame)]


def _adapt(rule: Rule, contract: EntityContract, source: SourceConfig, frame: pd.DataFrame) -> Iterator[Rule]:
    if rule.id == "EMPTY_EXPORT":
        if not (contract.may_be_empty or source.mapping(contract.entity).allow_empty):
            yield rule
        return
    if rule.expectation.startswith("expect_table_") or rule.id == "EXACT_DUPLICATE":
        yield rule
        return
    if any(wanted != "blank" and name not in frame for name, wanted in rule.when.items()):
        return  # nothing meets the condition
    absent = [name for name in rule.columns if name not in frame]
    if absent and not (rule.id == "REQUIRED" and rule.when):
        return
    if rule.id == "KEY_CONFLICT":
        # an exact repeat is dropped and does not contradict
        yield rule.model_copy(update={"when": {helper_column("repeats_row"): "blank"}})
    elif rule.id == "WRONG_SOURCE":
        if source.kind == "sector_intermediary":
            foreign = [code for code in rule.kwargs["value_set"] if code != source.sector]
            yield rule.model_copy(update={"kwargs": {"value_set": foreign}})
    elif rule.id == "UNKNOWN_CODE" and rule.column is not None and contract.columns[rule.column].own_sector:
        known = [*rule.kwargs["value_set"]]
        if source.sector is not None and source.sector not in known:
            known.append(source.sector)
        yield rule.model_copy(update={"kwargs": {"value_set": known}})
    else:
        yield rule
