"""Datasets with what is known of them: columns, owner, counts, quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    documentation_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    symlinks_dataset,
    tags_dataset,
)

from hrtp.contracts import EntityContract
from hrtp.lineage.names import namespace


@dataclass(frozen=True)
class Check:
    """One rule or test and how many rows did not meet it.

    ``n_failed`` None: it ran and only whether it passed is known.
    """

    rule: str
    passed: bool
    severity: str
    column: str | None = None
    n_failed: int | None = None


def table(name: str) -> InputDataset:
    """One of our tables as something that is read: ``raw.participants``, ``marts.indicator_values``."""
    return InputDataset(namespace(), name)


def written(
    name: str, facets: Mapping[str, Any] | None = None, *, n_rows: int | None = None, places: Sequence[str] = ()
) -> OutputDataset:
    """One of our tables as something that was written.

    Args:
        name: of the table.
        facets: what is known of it.
        n_rows: rows that were written.
        places: files or servers that hold it, each as ``namespace|name`` of OpenLineage.
    """
    known = dict(facets or {})
    if places:
        parted = (place.partition("|") for place in places)
        identifiers = [symlinks_dataset.Identifier(namespace=at, name=what, type="TABLE") for at, _, what in parted]
        known["symlinks"] = symlinks_dataset.SymlinksDatasetFacet(identifiers=identifiers)
    counts: dict[str, Any] = {}
    if n_rows is not None:
        counts["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=n_rows
        )
    return OutputDataset(namespace(), name, outputFacets=counts, facets=known)


def project_file(path: Path, sha256: str | None = None) -> InputDataset:
    """A file that is nobody's data: a list that was dropped in, a seed, a partner's YAML; its version where known."""
    facets: dict[str, Any] = {}
    if sha256 is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=sha256)
    return InputDataset("file", path.as_posix(), facets=facets)


def read_file(
    place: tuple[str, str], *, sha256: str, n_rows: int, owner: str, headers: Iterable[str], checks: Iterable[Check]
) -> InputDataset:
    """A partner's file: the version that its sha256 names, its headers as agreed, and what the gate found."""
    facets: dict[str, Any] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=sha256),
        "ownership": owned_by(owner),
        "schema": schema_dataset.SchemaDatasetFacet(
            fields=[schema_dataset.SchemaDatasetFacetFields(name=header, type="text") for header in headers]
        ),
    }
    of_reading: dict[str, Any] = {
        "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(rowCount=n_rows)
    }
    found = assertions(checks)
    if found is not None:
        of_reading["dataQualityAssertions"] = found
    return InputDataset(*place, inputFacets=of_reading, facets=facets)


def raw_facets(
    contract: EntityContract, columns_from: column_lineage_dataset.ColumnLineageDatasetFacet
) -> dict[str, Any]:
    """Columns of a raw table, which of them are personal, and the partner's headers that each comes from."""
    columns = contract.columns.values()
    return {
        "documentation": documentation_dataset.DocumentationDatasetFacet(description=contract.title),
        "schema": schema_dataset.SchemaDatasetFacet(
            fields=[
                schema_dataset.SchemaDatasetFacetFields(name=c.name, type="text", description=c.description)
                for c in columns
            ]
        ),
        "tags": tags_dataset.TagsDatasetFacet(
            tags=[
                tags_dataset.TagsDatasetFacetFields(key="pii", value="true", source="HRTP", field=name)
                for name in contract.pii_columns
            ]
        ),
        "columnLineage": columns_from,
    }


def columns_of(types: Mapping[str, str], words: Mapping[str, str]) -> schema_dataset.SchemaDatasetFacet:
    """Columns with their types, and the words that the data dictionary has for them."""
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name=name, type=kind, description=words.get(name) or None)
        for name, kind in types.items()
    ]
    return schema_dataset.SchemaDatasetFacet(fields=fields)


def described(text: str) -> documentation_dataset.DocumentationDatasetFacet:
    """What a dataset is, in words."""
    return documentation_dataset.DocumentationDatasetFacet(description=text)


def owned_by(name: str) -> ownership_dataset.OwnershipDatasetFacet:
    """Who answers for a dataset: a desk or an office, as ``sources/`` and dbt's groups name it."""
    return ownership_dataset.OwnershipDatasetFacet(owners=[ownership_dataset.Owner(name=name, type="OWNER")])


def assertions(checks: Iterable[Check]) -> data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet | None:
    """Rules and tests with the count of rows that did not meet them; never a value. None where there are none."""
    found = [
        data_quality_assertions_dataset.Assertion(
            assertion=check.rule,
            success=check.passed,
            column=check.column,
            severity=check.severity,
            actual=None if check.n_failed is None else str(check.n_failed),
        )
        for check in checks
    ]
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions=found) if found else None
