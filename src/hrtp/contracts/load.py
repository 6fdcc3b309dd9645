"""Reading ``expectations/`` and resolving each entity's columns and rules."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from hrtp.contracts.errors import ContractError
from hrtp.contracts.files import EntityFile, RulesFile
from hrtp.contracts.model import EntityContract, Parameters, RuleFamily
from hrtp.contracts.resolve import resolve_entity
from hrtp.yamlfiles import read_yaml

EXPECTATIONS_FOLDER = "expectations"
RULES_FILE = "_rules.yml"


@lru_cache(maxsize=8)
def load_contracts(project: Path) -> dict[str, EntityContract]:
    """All entity contracts of the project folder, by entity name, in alphabetical order.

    Args:
        project: the folder that holds ``expectations/``.

    Raises:
        ContractError: a file is missing, is no YAML, has unknown keys, or contradicts itself. The message names the
            file and the key.
    """
    rules_file = _load_rules_file(project)
    catalogue = load_catalogue(project)
    contracts = {}
    for path in sorted((project / EXPECTATIONS_FOLDER).glob("[!_]*.yml")):
        try:
            written = EntityFile.model_validate(_read_yaml(path))
        except ValidationError as error:
            raise ContractError(f"{path.name}: {_first_error(error)}") from None
        if written.entity != path.stem:
            raise ContractError(f"{path.name}: entity is {written.entity}, the file name says {path.stem}")
        contracts[written.entity] = resolve_entity(written, rules_file, catalogue)
    if not contracts:
        raise ContractError(f"no entity contract in {project / EXPECTATIONS_FOLDER}")
    return contracts


@lru_cache(maxsize=8)
def load_catalogue(project: Path) -> dict[str, RuleFamily]:
    """The rule catalogue: reason code to its meaning, in the order of the file.

    Raises:
        ContractError: as :func:`load_contracts`.
    """
    written = _load_rules_file(project).rules
    return {rule_id: RuleFamily(id=rule_id, **spec.model_dump()) for rule_id, spec in written.items()}


def load_parameters(project: Path) -> Parameters:
    """The numbers and patterns that the rules use.

    Raises:
        ContractError: as :func:`load_contracts`.
    """
    return _load_rules_file(project).parameters


@lru_cache(maxsize=8)
def _load_rules_file(project: Path) -> RulesFile:
    path = project / EXPECTATIONS_FOLDER / RULES_FILE
    try:
        return RulesFile.model_validate(_read_yaml(path))
    except ValidationError as error:
        raise ContractError(f"{path.name}: {_first_error(error)}") from None


def _read_yaml(path: Path) -> Any:
    try:
        return read_yaml(path)
    except OSError:
        raise ContractError(f"{path} cannot be read") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise ContractError(f"{path.name}{where}: not valid YAML") from None


def _first_error(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
