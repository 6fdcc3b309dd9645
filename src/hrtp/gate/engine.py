"""Great Expectations, and only here: from rules to a suite, from a frame to outcomes.

The library costs four seconds to import, so that waits until the first file. Its own messages and results can quote
values, so nothing of them leaves but counts and row numbers: a suite first runs in the form ``BOOLEAN_ONLY``, and only
expectations that failed run again for the row numbers, in the form that leaves values out.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from hrtp.contracts import Rule, helper_column
from hrtp.gate.errors import GateError
from hrtp.gate.result import ROW_NUMBER

# Great Expectations keeps the last frame that it saw; above so many rows it is made to let go.
RELEASE_FROM_ROWS = 50_000

_BOOLEAN_ONLY: dict[str, Any] = {"result_format": "BOOLEAN_ONLY"}
_ROW_NUMBERS_ONLY: dict[str, Any] = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [ROW_NUMBER],
    "exclude_unexpected_values": True,
}
_GX_SEVERITY = {"reject": "critical", "error": "warning", "warn": "info"}


@dataclass(frozen=True)
class Outcome:
    """How one expectation ended. ``rows`` counts the rows of the frame; ``row_numbers`` are those that failed."""

    rule: Rule
    success: bool
    rows: int
    row_numbers: tuple[int, ...] = ()


def validate(frame: pd.DataFrame, rules: Sequence[Rule]) -> list[Outcome]:
    """Run one expectation a rule over the frame, which has the column ``row_number`` and every column that rules name.

    Raises:
        GateError: an expectation could not be evaluated.
    """
    if not rules:
        return []
    batch = _batch(frame[_columns_for(frame, rules)])
    everything = range(len(rules))
    passed = {number: bool(result.success) for number, result in _run(batch, rules, everything, _BOOLEAN_ONLY).items()}
    failed = [n for n in everything if not passed[n] and not rules[n].expectation.startswith("expect_table_")]
    rows_of = {
        number: tuple(_row_numbers(result.result))
        for number, result in (_run(batch, rules, failed, _ROW_NUMBERS_ONLY).items() if failed else ())
    }
    for number in failed:
        if not rows_of[number]:
            raise GateError(f"{rules[number].id} failed and named no row")
    if len(frame) >= RELEASE_FROM_ROWS:
        _batch_definition.cache_clear()
    return [Outcome(rules[n], passed[n], len(frame), rows_of.get(n, ())) for n in everything]


def expectation_of(rule: Rule, number: int = 0) -> Any:
    """The Great Expectations object of a rule; ``meta`` carries what Data Docs and the gate need to know about it."""
    expectations = _gx().expectations
    kwargs: dict[str, Any] = dict(rule.kwargs)
    if rule.expectation.startswith("expect_column_values_"):
        kwargs.setdefault("column", _target(rule))
    if rule.expectation.startswith("expect_column_pair_"):
        kwargs.setdefault("ignore_row_if", "either_value_is_missing")
    condition = _condition(rule)
    if condition is not None:
        kwargs["row_condition"] = condition
    meta = {"number": number, "rule": rule.id, "version": rule.version, "stage": rule.stage, "severity": rule.severity}
    name = "".join(part.capitalize() for part in rule.expectation.split("_"))
    try:
        return getattr(expectations, name)(meta=meta, severity=_GX_SEVERITY[rule.severity], **kwargs)
    except Exception:  # the library raises what it likes, and its messages quote arguments
        raise GateError(f"{rule.id} is no valid {rule.expectation}") from None


def configuration_of(rule: Rule) -> dict[str, Any]:
    """The expectation's configuration as Great Expectations writes it: type, arguments, meta. Rules hold no values."""
    configuration: dict[str, Any] = expectation_of(rule).configuration.to_json_dict()
    return configuration


def columns_of(rule: Rule) -> set[str]:
    """The columns that the rule's expectation and its condition look at."""
    named = {rule.kwargs[key] for key in ("column", "column_A", "column_B") if key in rule.kwargs}
    named |= set(rule.kwargs.get("column_list", ()))
    target = _target(rule)
    if not named and target is not None and not rule.expectation.startswith("expect_table_"):
        named = {target}
    return named | set(rule.when)


def _target(rule: Rule) -> str | None:
    """The column that a one-column expectation looks at: what the helper calculated, or the rule's own column."""
    return helper_column(rule.helper) if rule.helper is not None else rule.column


@lru_cache(maxsize=1)
def _gx() -> Any:
    """The library, imported late, quiet and without telemetry."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations
    import great_expectations.expectations

    for name in logging.root.manager.loggerDict:  # a module of the library sets its own level back to INFO
        if name.startswith("great_expectations."):
            logging.getLogger(name).setLevel(logging.NOTSET)

    return great_expectations


def new_context() -> Any:
    """A data context in memory, quiet and without telemetry."""
    context = _gx().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context


@lru_cache(maxsize=1)
def _batch_definition() -> Any:
    source = new_context().data_sources.add_or_update_pandas("export")
    return source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")


def _batch(frame: pd.DataFrame) -> Any:
    return _batch_definition().get_batch({"dataframe": frame})


def _run(batch: Any, rules: Sequence[Rule], numbers: Sequence[int], form: Mapping[str, Any]) -> dict[int, Any]:
    """The validation result of each rule, by its place in ``rules``."""
    expectations = [expectation_of(rules[number], number) for number in numbers]
    suite = _gx().ExpectationSuite(name="contract", expectations=expectations)
    try:
        validated = batch.validate(suite, result_format=dict(form))
    except Exception as error:  # the library raises what it likes, and its messages quote values
        raise GateError(f"the suite could not be run ({type(error).__name__})") from None
    by_number = {int(result.expectation_config.meta["number"]): result for result in validated.results}
    for number, result in by_number.items():
        if _raised(result.exception_info):
            raise GateError(f"{rules[number].id} on {rules[number].column} could not be evaluated")
    if set(by_number) != set(numbers):
        raise GateError("Great Expectations left out an expectation")
    return by_number


def _raised(info: Any) -> bool:
    """Whether an expectation raised: the library tells it either flat or by metric."""
    if not isinstance(info, Mapping):
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(_raised(nested) for nested in info.values())


def _row_numbers(result: Mapping[str, Any]) -> Iterable[int]:
    for entry in result.get("unexpected_index_list") or ():
        numbers = entry[ROW_NUMBER]
        if isinstance(numbers, (list, tuple)):
            yield from (int(number) for number in numbers)
        else:
            yield int(numbers)


def _condition(rule: Rule) -> Any:
    from great_expectations.expectations.row_conditions import Column

    whole: Any = None
    for name, wanted in rule.when.items():
        column = Column(name)
        if wanted == "present":
            part = column.is_not_null()
        elif wanted == "blank":
            part = column.is_null()
        else:
            part = column.is_in(list(wanted))
        whole = part if whole is None else whole & part
    return whole


def _columns_for(frame: pd.DataFrame, rules: Sequence[Rule]) -> list[str]:
    if any(rule.expectation == "expect_table_columns_to_match_set" for rule in rules):
        return list(frame.columns)
    needed = set().union(*(columns_of(rule) for rule in rules)) | {ROW_NUMBER}
    return [name for name in frame.columns if name in needed]
