"""Who reads the marts: each reader has an owner and a place, each mart a reader; the dashboards are the bundle's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from warehouse_world import PROJECT

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import Exposure

BUNDLE = PROJECT.parent / "superset" / "bundle"
READERS = {
    "scorecard_page", "scorecard", "explain", "treasury_report", "partner_feedback", "bi_endpoint", "postgres_endpoint",
    "semantic_layer",
}  # fmt: skip
DASHBOARDS = {
    "Program scorecard", "Sector funnel", "Wages and job quality", "Who is served", "Data quality by partner",
}  # fmt: skip
#: Endpoints serve whatever there is; that a mart stands in them says nothing of who needs it.
ENDPOINTS = {"bi_endpoint", "postgres_endpoint"}
#: Marts that no page, dashboard or command of the product reads, and for whom they are.
FOR_ANALYSTS = {
    "dim_date": "joined by whoever groups facts by quarter or fiscal year",
    "dim_participant_merge": "tells a notebook which keys of an earlier night gave way",
    "dim_program": "joined to enrollments by program",
    "fct_caljobs_activities": "activities that no indicator counts by themselves",
    "fct_co_enrollments": "who is enrolled in two places, for the partners' meeting",
    "fct_commitments": "commitments with their withdrawals, for the performance lead",
    "fct_contracts": "contracts with their amendments, for the program office",
    "fct_deliverables": "every version of every deliverable, for the program office",
    "fct_milestones": "milestones, for the program office",
    "fct_placements": "placements with employer, wage and hours, behind what dashboards sum up",
    "fct_services": "services by type and day",
    "participant_records": "which records are one person, for the data desk",
    "priority_population": "criteria and their overlap as shares, behind the dashboard of who is served",
    "source_overlap": "whom partners and sectors share, for the partners' meeting",
}


def exposures(manifest: Manifest) -> dict[str, Exposure]:
    return {exposure.name: exposure for exposure in manifest.exposures.values()}


def reads(exposure: Exposure) -> set[str]:
    return {node.rpartition(".")[2] for node in exposure.depends_on.nodes}


def marts(manifest: Manifest) -> set[str]:
    return {n.name for n in manifest.nodes.values() if n.resource_type == "model" and n.schema == "marts"}


def dashboards(bundle: Path) -> dict[str, set[str]]:
    """The tables of schema marts behind the charts and filters of each dashboard of a bundle, by its title."""

    def documents(folder: str) -> list[dict[str, Any]]:
        return [yaml.safe_load(path.read_text()) for path in sorted((bundle / folder).rglob("*.yaml"))]

    tables = {dataset["uuid"]: dataset["table_name"] for dataset in documents("datasets")}
    charts = {chart["uuid"]: tables[chart["dataset_uuid"]] for chart in documents("charts")}
    found = {}
    for dashboard in documents("dashboards"):
        boxes = [box for box in dashboard["position"].values() if isinstance(box, dict) and box.get("type") == "CHART"]
        filters = (dashboard.get("metadata") or {}).get("native_filter_configuration") or []
        targets = [target["datasetUuid"] for one in filters for target in one["targets"] if "datasetUuid" in target]
        read = {charts[box["meta"]["uuid"]] for box in boxes} | {tables[uuid] for uuid in targets}
        found[dashboard["dashboard_title"]] = read
    return found


def test_every_reader_has_an_owner_a_description_and_a_place(dbt_manifest: Manifest) -> None:
    found = exposures(dbt_manifest)
    assert set(found) >= READERS
    for name, exposure in found.items():
        assert exposure.owner.name and exposure.owner.email, name
        assert len(exposure.description) > 40, name
        assert exposure.config.meta["place"], name
        assert reads(exposure) <= marts(dbt_manifest), name


def test_the_endpoints_serve_every_mart(dbt_manifest: Manifest) -> None:
    for name in sorted(ENDPOINTS):
        assert reads(exposures(dbt_manifest)[name]) ^ marts(dbt_manifest) == set(), name


def test_every_mart_is_read_by_something_or_it_is_said_for_whom_it_is(dbt_manifest: Manifest) -> None:
    readers = Counter(
        mart for name, one in exposures(dbt_manifest).items() if name not in ENDPOINTS for mart in reads(one)
    )
    unread = {mart for mart in marts(dbt_manifest) if not readers[mart]}
    assert unread == set(FOR_ANALYSTS)


def test_every_metric_stands_on_marts_that_the_semantic_layer_is_said_to_read(dbt_manifest: Manifest) -> None:
    stands_on = {model.model.split("'")[1] for model in dbt_manifest.semantic_models.values()}
    spines = {n.name for n in dbt_manifest.nodes.values() if getattr(n, "time_spine", None)}
    assert reads(exposures(dbt_manifest)["semantic_layer"]) == stands_on | spines


def test_the_five_dashboards_are_named(dbt_manifest: Manifest) -> None:
    named = {one.label for name, one in exposures(dbt_manifest).items() if name.startswith("dashboard_")}
    assert named == DASHBOARDS


def test_each_dashboard_reads_what_its_exposure_says(dbt_manifest: Manifest) -> None:
    """Where the bundle is in the checkout; without it there is no dashboard to compare."""
    said = {one.label: reads(one) for name, one in exposures(dbt_manifest).items() if name.startswith("dashboard_")}
    found = dashboards(BUNDLE) if BUNDLE.is_dir() else said
    assert found == said


def test_a_bundle_is_read_by_charts_and_by_filters(tmp_path: Path) -> None:
    documents = {
        "datasets/marts/values.yaml": {"uuid": "d1", "schema": "marts", "table_name": "indicator_values"},
        "datasets/marts/sectors.yaml": {"uuid": "d2", "schema": "marts", "table_name": "dim_sector"},
        "datasets/marts/unused.yaml": {"uuid": "d3", "schema": "marts", "table_name": "dim_date"},
        "charts/line.yaml": {"uuid": "c1", "dataset_uuid": "d1"},
        "charts/elsewhere.yaml": {"uuid": "c2", "dataset_uuid": "d3"},
        "dashboards/one.yaml": {
            "dashboard_title": "One",
            "position": {"DASHBOARD_VERSION_KEY": "v2", "CHART-1": {"type": "CHART", "meta": {"uuid": "c1"}}},
            "metadata": {"native_filter_configuration": [{"targets": [{"datasetUuid": "d2"}, {}]}]},
        },
    }
    for name, document in documents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(yaml.safe_dump(document))
    assert dashboards(tmp_path) == {"One": {"indicator_values", "dim_sector"}}
