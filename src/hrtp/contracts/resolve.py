"""From what people write to what the gate runs: column defaults, code lists, and the rules that columns imply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from hrtp.contracts.errors import ContractError
from hrtp.contracts.files import ColumnSpec, EntityFile, RulesFile, RuleUse
from hrtp.contracts.model import (
    CODE_SET_SEPARATOR,
    ISO_DATE,
    Column,
    ColumnType,
    Condition,
    EntityContract,
    Parameters,
    Rule,
    RuleFamily,
)

PARAMETER_MARK = "$"
STAGES = ("file", "columns", "values", "duplicates", "logic")

# Characters. Ids: the export contract. The others leave room for any real value and catch a runaway field.
DEFAULT_MAX_LENGTH: Mapping[ColumnType, int] = {
    "id": 64,
    "text": 500,
    "date": 40,
    "code": 100,
    "code_set": 400,
    "flag": 20,
    "decimal": 40,
    "integer": 20,
    "ein": 40,
    "digits": 40,
}


def helper_column(helper: str) -> str:
    """Name of the column that holds what a helper calculated; no contract column starts with an underscore."""
    return f"_{helper}"


def resolve_entity(written: EntityFile, rules_file: RulesFile, catalogue: Mapping[str, RuleFamily]) -> EntityContract:
    """The full contract of an entity.

    Raises:
        ContractError: a key, condition or rule names a column, code, list or rule that there is not.
    """
    columns = {
        name: _resolve_column(written.entity, name, spec, rules_file.code_lists)
        for name, spec in written.columns.items()
    }
    for name in written.key:
        if name not in columns:
            raise ContractError(f"{written.entity}: key column {name} is not a column")
    rules = [
        *_implied_rules(written, columns, catalogue, rules_file.parameters),
        *(_written_rule(written.entity, use, columns, catalogue, rules_file.parameters) for use in written.rules),
    ]
    for rule in rules:
        _check_condition(written.entity, rule.when, columns)
    _check_submissions(written, columns)
    return EntityContract(
        entity=written.entity,
        title=written.title,
        description=written.description,
        key=written.key,
        kinds=written.kinds,
        may_be_empty=written.may_be_empty,
        columns=columns,
        rules=tuple(sorted(rules, key=lambda rule: STAGES.index(rule.stage))),
        parameters=rules_file.parameters,
        between_submissions=written.between_submissions,
        catalogue=dict(catalogue),
    )


def _resolve_column(entity: str, name: str, spec: ColumnSpec, code_lists: Mapping[str, tuple[str, ...]]) -> Column:
    codes = spec.codes
    if spec.code_list is not None:
        if spec.code_list not in code_lists:
            raise ContractError(f"{entity}.{name}: there is no code list {spec.code_list}")
        codes = code_lists[spec.code_list]
    if (spec.type in ("code", "code_set")) != bool(codes):
        raise ContractError(f"{entity}.{name}: codes belong to code and code_set columns, and they need some")
    if (spec.type == "digits") != (spec.digits is not None):
        raise ContractError(f"{entity}.{name}: digits belong to digits columns, and they need them")
    if spec.type != "date" and (spec.date_formats or spec.event or spec.event_when):
        raise ContractError(f"{entity}.{name}: date_formats and event belong to date columns")
    return Column(
        name=name,
        codes=codes,
        max_length=spec.max_length or DEFAULT_MAX_LENGTH[spec.type],
        date_formats=(spec.date_formats or (ISO_DATE,)) if spec.type == "date" else (),
        **spec.model_dump(exclude={"codes", "code_list", "max_length", "date_formats"}),
    )


def _implied_rules(
    written: EntityFile,
    columns: Mapping[str, Column],
    catalogue: Mapping[str, RuleFamily],
    parameters: Parameters,
) -> Iterator[Rule]:
    """The rules that need no mention in the entity's file because its columns and key say them already."""
    rule = partial(_rule, catalogue, parameters)
    required = tuple(name for name, column in columns.items() if column.required)
    yield rule("EMPTY_EXPORT", (), {})
    yield rule("MISSING_COLUMN", required, {"column_set": list(required)})
    for name, column in columns.items():
        if column.own_sector:
            yield rule("WRONG_SOURCE", (name,), {"value_set": list(column.codes)})
        if column.required:
            yield rule("REQUIRED", (name,), {})
        if column.type == "code":
            yield rule("UNKNOWN_CODE", (name,), {"value_set": list(column.codes)})
        if column.type == "code_set":
            one = "|".join(re.escape(code) for code in column.codes)
            pattern = f"^(?:{one})(?:{re.escape(CODE_SET_SEPARATOR)}(?:{one}))*$"
            yield rule("UNKNOWN_CODE", (name,), {"regex": pattern}, "expect_column_values_to_match_regex")
        if column.type == "ein":
            yield rule("EIN_FORMAT", (name,), {})
        if column.event:
            in_order = {"column_A": helper_column("data_through"), "column_B": name}
            yield rule("FUTURE_EVENT", (name,), in_order, when=column.event_when)
    yield rule("EXACT_DUPLICATE", (), {})
    if len(written.key) == 1:  # the catalogue's expectation takes two columns or more
        yield rule("KEY_CONFLICT", written.key, {}, "expect_column_values_to_be_unique")
    else:
        yield rule("KEY_CONFLICT", written.key, {"column_list": list(written.key)})


def _written_rule(
    entity: str,
    use: RuleUse,
    columns: Mapping[str, Column],
    catalogue: Mapping[str, RuleFamily],
    parameters: Parameters,
) -> Rule:
    family = catalogue.get(use.id)
    if family is None or family.found_by != "gate" or family.expectation is None:
        raise ContractError(f"{entity}: {use.id} is not a gate rule of the catalogue")
    for name in use.columns:
        if name not in columns:
            raise ContractError(f"{entity}: rule {use.id} names the column {name}, which there is not")
    pair = {}
    if family.expectation.startswith("expect_column_pair_"):
        if len(use.columns) != 2:
            raise ContractError(f"{entity}: rule {use.id} compares two columns")
        pair = {"column_A": use.columns[0], "column_B": use.columns[1]}
    kwargs = pair | _compared_with(use.id, use.kwargs, parameters)
    return _rule(catalogue, parameters, use.id, use.columns, kwargs, when=use.when)


def _compared_with(rule_id: str, written: Mapping[str, Any], parameters: Parameters) -> dict[str, Any]:
    """The expectation's arguments; ``$name`` stands for a parameter of the catalogue."""
    return {key: _parameter(rule_id, value, parameters) for key, value in written.items()}


def _parameter(rule_id: str, value: Any, parameters: Parameters) -> Any:
    if not (isinstance(value, str) and value.startswith(PARAMETER_MARK)):
        return value
    name = value.removeprefix(PARAMETER_MARK)
    if name not in type(parameters).model_fields:
        raise ContractError(f"_rules.yml: {rule_id} names the parameter {name}, which there is not")
    found = getattr(parameters, name)
    # Great Expectations compares with floating point; no figure is computed here
    return float(found) if isinstance(found, Decimal) else found


def _rule(
    catalogue: Mapping[str, RuleFamily],
    parameters: Parameters,
    rule_id: str,
    columns: tuple[str, ...],
    kwargs: dict[str, Any],
    expectation: str | None = None,
    when: Mapping[str, Condition] | None = None,
) -> Rule:
    if rule_id not in catalogue:
        raise ContractError(f"_rules.yml lacks {rule_id}, which the contracts imply")
    family = catalogue[rule_id]
    if family.expectation is None:
        raise ContractError(f"_rules.yml: {rule_id} needs an expectation")
    return Rule(
        id=rule_id,
        version=family.version,
        severity=family.severity,
        stage=family.stage,
        columns=columns,
        expectation=expectation or family.expectation,
        helper=family.helper,
        kwargs=_compared_with(rule_id, family.kwargs, parameters) | kwargs,
        when=dict(when or {}),
        message=family.message,
        how_to_resolve=family.how_to_resolve,
    )


def _check_condition(entity: str, when: Mapping[str, Condition], columns: Mapping[str, Column]) -> None:
    for name, condition in when.items():
        if name not in columns:
            raise ContractError(f"{entity}: a condition names the column {name}, which there is not")
        if isinstance(condition, tuple):
            unknown = sorted(set(condition) - set(columns[name].codes))
            if columns[name].codes and unknown:
                raise ContractError(f"{entity}: a condition on {name} names the code {unknown[0]}, which there is not")


def _check_submissions(written: EntityFile, columns: Mapping[str, Column]) -> None:
    checks = written.between_submissions
    if checks is None:
        return
    person = checks.person
    named = {reversal.column: reversal.was for reversal in checks.forbidden_reversals}
    others = [*checks.moved_dates]
    if person is not None:
        others += [person.first_name, person.last_name, person.date_of_birth, *person.vouchers]
    for name in others:
        if name not in columns:
            raise ContractError(f"{written.entity}: between_submissions names {name}, which is not a column")
    _check_condition(written.entity, named, columns)
