"""The partner contracts: what each of the twelve entities is, and every rule that a file or a row can break.

They are written once, in ``expectations/*.yml``. The Great Expectations suites, the raw schema, dbt's sources, the data
dictionary and the JSON Schema for editors are all rendered from what this package loads.
"""

from hrtp.contracts.errors import ContractError
from hrtp.contracts.load import (
    EXPECTATIONS_FOLDER,
    RULES_FILE,
    load_catalogue,
    load_contracts,
    load_parameters,
)
from hrtp.contracts.model import (
    BetweenSubmissions,
    Column,
    ColumnType,
    Condition,
    EntityContract,
    FoundBy,
    Parameters,
    PersonColumns,
    Reversal,
    Rule,
    RuleFamily,
    Severity,
    SourceKind,
    Stage,
    When,
    describe_when,
)
from hrtp.contracts.resolve import STAGES, helper_column

__all__ = [
    "EXPECTATIONS_FOLDER",
    "RULES_FILE",
    "STAGES",
    "BetweenSubmissions",
    "Column",
    "ColumnType",
    "Condition",
    "ContractError",
    "EntityContract",
    "FoundBy",
    "Parameters",
    "PersonColumns",
    "Reversal",
    "Rule",
    "RuleFamily",
    "Severity",
    "SourceKind",
    "Stage",
    "When",
    "describe_when",
    "helper_column",
    "load_catalogue",
    "load_contracts",
    "load_parameters",
]
