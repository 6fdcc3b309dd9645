"""From a partner's own headers to the columns of raw, as ``sources/`` and the contract say it; read from no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from openlineage.client.facet_v2 import column_lineage_dataset

from hrtp.contracts import Column, EntityContract
from hrtp.sources import SourceConfig

#: What reading does to a column of a type; a date has its formats besides.
_BY_TYPE: Mapping[str, str] = {
    "code": "code of the contract's list",
    "code_set": "codes of the contract's list, sorted",
    "decimal": "parse of number",
    "integer": "parse of whole number",
    "flag": "parse of yes or no",
    "digits": "check of digits",
    "ein": "parse of EIN",
    "id": "trim",
    "text": "trim, numbers written as an SSN taken out",
}


@dataclass(frozen=True)
class Origin:
    """Where a column of raw comes from.

    Attributes:
        headers: the partner's headers for it; more than one where it may use any of them.
        how: what reading does on the way, in words; never a label or a value.
    """

    headers: tuple[str, ...]
    how: str


def origins(source: SourceConfig, contract: EntityContract, form: str) -> dict[str, Origin]:
    """Column of the contract -> its origin in a file of the form ``declared`` or ``canonical``."""
    is_declared = form == "declared"
    mapping = source.mapping(contract.entity)
    own = mapping.columns if is_declared else {}
    labels = mapping.values if is_declared else {}
    dates = source.dates_of(contract.entity) if is_declared else ()
    return {
        name: Origin(own.get(name) or (name,), _how(column, dates, has_labels=bool(labels.get(name))))
        for name, column in contract.columns.items()
    }


def column_lineage(
    file: tuple[str, str], found: Mapping[str, Origin]
) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    """The facet of a raw table: each column, the headers of ``file`` that it comes from, and how."""
    # as dictionaries: a night has 1,300 columns, and an object for each level of each would be walked through twice
    fields = {column: {"inputFields": _inputs(file, origin)} for column, origin in found.items()}
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields=cast("dict[str, column_lineage_dataset.Fields]", fields)
    )


def _inputs(file: tuple[str, str], origin: Origin) -> list[dict[str, Any]]:
    namespace, name = file
    how = [{"type": "DIRECT", "subtype": "TRANSFORMATION", "description": origin.how}]
    return [
        {"namespace": namespace, "name": name, "field": header, "transformations": how} for header in origin.headers
    ]


def _how(column: Column, dates: tuple[str, ...], *, has_labels: bool) -> str:
    if column.type == "date":
        step = f"parse of date ({', '.join(dates or column.date_formats)})"
    elif column.name == "ssn_last4":
        step = "check of four digits"
    elif column.name in {"zip", "pirl_103"}:
        step = "ZIP code cut to five digits"
    else:
        step = _BY_TYPE[column.type]
    return f"mapping of labels, {step}" if has_labels else step
