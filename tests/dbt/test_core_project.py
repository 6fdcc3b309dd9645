"""The house rules of the dbt project, read off the parsed manifest."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from warehouse_world import AS_OF, PROJECT, run_dbt, write_raw

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import GenericTestNode, ModelNode

PUBLIC = {
    "indicator_values", "indicator_evidence", "load_reconciliation", "quarantined_rows", "dim_participant",
    "dim_sector", "dim_program", "dim_organization", "dim_indicator", "dim_date", "fct_enrollments",
    "fct_services", "fct_placements", "fct_commitments", "fct_deliverables",
}  # fmt: skip


def models(manifest: Manifest) -> list[ModelNode]:
    return [node for node in manifest.nodes.values() if node.resource_type == "model"]


def layer(node: ModelNode) -> str:
    return str(node.fqn[1])


def test_every_public_mart_has_an_enforced_contract_and_an_owner(dbt_manifest: Manifest) -> None:
    marts = {node.name: node for node in models(dbt_manifest) if node.schema == "marts"}
    assert set(marts) >= PUBLIC
    for name, node in marts.items():
        group = dbt_manifest.groups[f"group.hrtp.{node.group}"]
        assert (name, node.contract.enforced, node.access.value) == (name, True, "public")
        assert group.owner.email
        assert node.description, name


def test_staging_is_private_and_marts_never_read_it(dbt_manifest: Manifest) -> None:
    by_id = {node.unique_id: node for node in models(dbt_manifest)}
    for node in by_id.values():
        parents = [by_id[parent] for parent in node.depends_on.nodes if parent in by_id]
        reads_sources = any(parent.startswith("source.") for parent in node.depends_on.nodes)
        if layer(node) == "staging":
            assert node.access.value == "private", node.name
            assert {layer(parent) for parent in parents} <= {"staging"}, node.name
        elif layer(node) == "intermediate":
            assert {layer(parent) for parent in parents} <= {"staging", "intermediate"}, node.name
            assert not reads_sources, node.name
        else:
            assert {layer(parent) for parent in parents} <= {"intermediate", "marts"}, node.name
            assert not reads_sources, node.name


def test_every_model_is_described(dbt_manifest: Manifest) -> None:
    assert [
        node.name for node in models(dbt_manifest) if "Primary key" not in node.description and not node.description
    ] == []


def test_every_data_test_says_severity_owner_and_how_to_resolve(dbt_manifest: Manifest) -> None:
    tests: list[GenericTestNode] = [node for node in dbt_manifest.nodes.values() if node.resource_type == "test"]
    assert len(tests) > 50
    lacking = [
        node.name
        for node in tests
        if not (
            node.description
            and node.unrendered_config.get("severity")
            and node.config.meta.get("owner")
            and node.config.meta.get("how_to_resolve")
        )
    ]
    assert lacking == []


def test_nothing_reads_the_clock_or_picks_any_value() -> None:
    forbidden = (
        "current_date", "current_timestamp", "now()", "today()", "any_value", "random()", "uuid()",
        "::double", "as double", "as float", "::float",
    )  # fmt: skip
    found = [
        (path.name, word)
        for folder in ("models", "macros", "tests")
        for path in sorted((PROJECT / folder).rglob("*.sql"))
        for word in forbidden
        if word in path.read_text().lower()
    ]
    assert found == []


def test_no_column_of_the_restricted_zone_is_named_in_a_mart(dbt_manifest: Manifest) -> None:
    restricted = {
        "first_name", "last_name", "date_of_birth", "ssn_last4", "caljobs_id", "email", "phone", "zip", "census_tract",
        "pirl_100", "pirl_103", "pirl_200",
    }  # fmt: skip
    free_text = {"job_title", "benefits", "non_completion_reason", "evidence"}
    for node in models(dbt_manifest):
        if layer(node) != "staging":
            assert set(node.columns) & (restricted | free_text) == set(), node.name


def test_every_unit_test_passes(dbt_manifest: Manifest, tmp_path: Path) -> None:
    write_raw(tmp_path / "warehouse.duckdb", [])
    outcomes, _ = run_dbt(tmp_path, dbt_manifest, "build", AS_OF, "--exclude-resource-type", "test")
    units = {node.name: outcomes.get(node.name) for node in dbt_manifest.unit_tests.values()}
    assert len(units) >= 25
    assert {name: status for name, status in units.items() if status != "pass"} == {}


def test_the_caljobs_codes_of_the_seed_are_those_of_the_data_contract() -> None:
    lines = (PROJECT.parent / "seeds" / "caljobs_activity_codes.csv").read_text().splitlines()[1:]
    codes: dict[str, set[int]] = {}
    for line in lines:
        code, category, *_ = line.split(",")
        codes.setdefault(category, set()).add(int(code))
    assert codes == {
        "summer_youth_employment": {400},
        "supportive_service": {*range(180, 190), 326, 327, *range(480, 494)},
        "apprenticeship_training": {325, 432},
        "pre_apprenticeship": {307, 350, 431, 437},
        "other_training": {*range(300, 325), 328, 329, 330, 416, 430} - {307},
    }


def test_every_seed_column_of_the_core_is_typed_as_described() -> None:
    document = yaml.safe_load((PROJECT.parent / "seeds" / "_seeds.yml").read_text())
    for seed in document["seeds"]:
        header = (PROJECT.parent / "seeds" / f"{seed['name']}.csv").read_text().splitlines()[0].split(",")
        assert header == list(seed["config"]["column_types"]) == [column["name"] for column in seed["columns"]], seed[
            "name"
        ]


def test_the_alias_seed_maps_no_name_to_itself() -> None:
    with (PROJECT.parent / "seeds" / "organization_aliases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 1
    assert all(row["alias"] != row["canonical_name"] for row in rows)
