"""From what people write to what the gate runs: column defaults, code lists, and the rules that columns imply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    required = tuple(name for name, column in columns.items() if column.required)
    yield _rule(catalogue, "EMPTY_EXPORT", (), {"min_value": 1})
    yield _rule(catalogue, "MISSING_COLUMN", required, {"column_set": list(required), "exact_match": False})
    for name, column in columns.items():
        if column.own_sector:
            yield _rule(catalogue, "WRONG_SOURCE", (name,), {"value_set": list(column.codes)})
        if column.required:
            yield _rule(catalogue, "REQUIRED", (name,), {})
        if column.type == "code":
            yield _rule(catalogue, "UNKNOWN_CODE", (name,), {"value_set": list(column.codes)})
        if column.type == "code_set":
            one = "|".join(re.escape(code) for code in column.codes)
            pattern = f"^(?:{one})(?:{re.escape(CODE_SET_SEPARATOR)}(?:{one}))*$"
            yield _rule(catalogue, "UNKNOWN_CODE", (name,), {"regex": pattern}, "expect_column_values_to_match_regex")
        if column.type == "ein":
            yield _rule(catalogue, "EIN_FORMAT", (name,), {"regex": parameters.ein_pattern})
        if column.event:
            in_order = {"column_A": helper_column("data_through"), "column_B": name, "or_equal": True}
            yield _rule(catalogue, "FUTURE_EVENT", (name,), in_order, when=column.event_when)
    yield _rule(catalogue, "EXACT_DUPLICATE", (), {})
    yield _rule(catalogue, "KEY_CONFLICT", written.key, {"column_list": list(written.key)})


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
    return _rule(catalogue, use.id, use.columns, _kwargs_of(use, parameters), when=use.when)


def _kwargs_of(use: RuleUse, parameters: Parameters) -> dict[str, Any]:
    """What the expectation compares with, from the parameters of the catalogue."""
    match use.id:
        case "ZIP_FORMAT":
            return {"regex": parameters.zip_pattern}
        case "ZIP_OUT_OF_COUNTY":
            return {"regex": parameters.county_zip_pattern}
        case "DOB_RANGE":
            return {"min_value": parameters.min_age_years, "max_value": parameters.max_age_years}
        case "WAGE_RANGE":
            return {"min_value": 0, "strict_min": True, "max_value": float(parameters.wage_cap_usd_per_hour)}
        case "WAGE_UNIT":
            return {"value_set": ["Y"]}
        case "WAGE_BELOW_MINIMUM":
            return {"min_value": 0}
        case "HOURS_RANGE" | "HOURS_ODD":
            return {"min_value": 0, "strict_min": True, "max_value": parameters.hours_in_week}
        case "TEST_RECORD":
            return {"value_set": [0, 1]}
        case "TEST_NAME":
            return {"value_set": [0, 2]}
        case "DATE_ORDER" | "DATE_ORDER_ODD":
            end, start = use.columns
            return {"column_A": end, "column_B": start, "or_equal": True}
        case _:
            return {}


def _rule(
    catalogue: Mapping[str, RuleFamily],
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
        kwargs=kwargs,
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
