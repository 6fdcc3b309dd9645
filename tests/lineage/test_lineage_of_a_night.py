"""The events of a whole night: every source's way from the partner's file to what is published."""

from __future__ import annotations

import json
import re
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hrtp.sources import load_sources
from tests.lineage.spec import faults
from tests.lineage.told import Told, named
from tests.night_home import PROJECT

SOURCES = sorted(load_sources(PROJECT))


def marts(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str((home / "published" / "marts.duckdb").resolve()), read_only=True) as connection:
        connection.execute("use marts.marts")
        return connection.execute(query).fetchall()


def test_every_event_is_one_of_openlineage_s(told: Told) -> None:
    assert len(told.events) > 400
    assert [fault for event in told.events for fault in faults(event)] == []


def test_the_check_of_events_finds_what_is_wrong(told: Told) -> None:
    good = next(e for e in told.ends("ingest.construction.participants"))
    for change, says in (
        ({"eventTime": "yesterday"}, "event: "),
        ({"eventTime": "2026-09-30"}, "has to contain time"),
        ({"eventType": "DONE"}, "DONE"),
        ({"colour": "red"}, "knows no colour"),
        ({"run": {"runId": "17"}}, "badly formed"),
        ({"inputs": [{"name": "x"}]}, "needs namespace"),
        ({"job": good["job"] | {"facets": {"x": {"_schemaURL": "https://example.org/x.json"}}}}, "is no facet"),
    ):
        assert says in " ".join(faults(good | change)), change


@pytest.mark.parametrize("source", SOURCES)
def test_a_way_leads_from_each_partner_s_file_through_raw_and_a_mart_to_what_is_published(
    told: Told, source: str
) -> None:
    loads = told.ends(f"ingest.{source}.")
    assert loads
    for event in loads:
        (file,) = event["inputs"]
        entity = event["job"]["name"].rpartition(".")[2]
        assert ("hrtp", f"raw.{entity}") in {named(output) for output in event["outputs"]}
        reached = told.reached(named(file))
        assert {("hrtp", "marts.load_reconciliation"), ("hrtp", "published.load_reconciliation")} <= reached
    starts = [named(event["inputs"][0]) for event in loads]
    reached = set().union(*map(told.reached, starts))
    assert {("hrtp", "marts.indicator_values"), ("hrtp", "published.indicator_values")} <= reached
    assert any(name.startswith("staging.stg_") for _, name in reached)
    assert any(name.startswith("intermediate.int_") for _, name in reached)


def test_persons_are_known_to_come_from_the_linkage(told: Told) -> None:
    reached = told.reached(("hrtp", "identity.record_keys"))
    assert {("hrtp", "marts.dim_participant"), ("hrtp", "published.indicator_values")} <= reached
    assert ("hrtp", "identity.record_keys") in told.reached(("hrtp", "raw.participants"))


def test_the_counts_of_every_load_are_those_of_the_reconciliation(told: Told) -> None:
    names = ("rows_in", "rows_loaded", "rows_quarantined", "rows_duplicate", "rows_blank")
    said = Counter[tuple[Any, ...]]()
    for event in told.ends("ingest."):
        facts = event["run"]["facets"].get("hrtp", {}).get("facts")
        if facts:
            _, source, entity = event["job"]["name"].split(".")
            said[(source, entity, facts["file_sha256"], *(facts[name] for name in names))] += 1
            assert event["inputs"][0]["facets"]["version"]["datasetVersion"] == facts["file_sha256"]
            assert event["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] == facts["rows_in"]
    query = f"select source, entity, file_sha256, {', '.join(names)} from load_reconciliation where state = 'loaded'"
    assert said == Counter(marts(told.home, query))


def test_the_gate_s_findings_come_as_assertions_by_rule_and_column(told: Told) -> None:
    said = Counter[str]()
    passed = 0
    for event in told.ends("ingest."):
        for dataset in event.get("inputs", []):
            for assertion in dataset["inputFacets"]["dataQualityAssertions"]["assertions"]:
                passed += assertion["success"]
                if not assertion["success"] and assertion["severity"] == "error":
                    said[assertion["assertion"]] += int(assertion["actual"])
    assert said == Counter(rule for (rule,) in marts(told.home, "select rule_id from quarantined_rows"))
    assert said.total() == 30
    assert passed > 500


def test_every_mart_is_published_with_its_rows_and_owner(told: Told) -> None:
    published = {e["job"]["name"].rpartition(".")[2]: e for e in told.ends("publish.published.")}
    names = {name for (name,) in marts(told.home, "select table_name from duckdb_tables() where schema_name = 'marts'")}
    assert set(published) == names
    for mart, event in published.items():
        (output,) = event["outputs"]
        ((n_rows,),) = marts(told.home, f'select count(*) from "{mart}"')
        assert output["outputFacets"]["outputStatistics"]["rowCount"] == n_rows, mart
        (link,) = output["facets"]["symlinks"]["identifiers"]
        assert Path(link["name"]).exists(), mart
    (build,) = told.ends("dbt.marts.indicator_values")
    assert build["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] > 1000
    assert build["outputs"][0]["facets"]["ownership"]["owners"][0]["name"] == "HRTP performance lead"
    assert build["run"]["facets"]["hrtp"]["facts"]["as_of"] == "2026-09-30"
    assert build["job"]["facets"]["sourceCodeLocation"]["path"].endswith("marts/indicators/indicator_values.sql")
    columns = {field["name"]: field for field in build["outputs"][0]["facets"]["schema"]["fields"]}
    assert columns["value_to_date"]["type"].startswith("DECIMAL")
    assert columns["indicator_key"]["description"] == "The indicator."


def test_every_path_to_source_code_leads_to_a_file(told: Told) -> None:
    facets = [
        event["job"]["facets"]["sourceCodeLocation"]
        for event in told.ends()
        if "run" in event and "sourceCodeLocation" in event["job"].get("facets", {})
    ]
    assert len(facets) > 200
    assert [facet["path"] for facet in facets if not (PROJECT / facet["path"]).is_file()] == []


def test_a_raw_column_names_the_partner_s_header_that_it_comes_from_and_whether_it_is_personal(told: Told) -> None:
    (load,) = told.ends("ingest.ajcc_la_county.participants")
    raw = next(output for output in load["outputs"] if output["name"] == "raw.participants")
    (field,) = raw["facets"]["columnLineage"]["fields"]["participant_id"]["inputFields"]
    assert field["field"] == "User ID"
    personal = {tag["field"] for tag in raw["facets"]["tags"]["tags"]}
    assert {"first_name", "date_of_birth", "ssn_last4"} <= personal
    assert "participant_id" not in personal or "gender" not in personal


def test_all_data_tests_are_told_with_what_they_look_at(told: Told) -> None:
    (tests,) = told.ends("dbt.test")
    found = {a["assertion"] for d in tests["inputs"] for a in d["inputFacets"]["dataQualityAssertions"]["assertions"]}
    ran = marts(told.home, "select test_name from dbt_test_results where test_type = 'test'")
    assert found == {name for (name,) in ran}
    assert len(found) > 80


def test_every_run_hangs_below_a_step_that_hangs_below_an_airflow_task(told: Told) -> None:
    steps = {
        e["run"]["runId"]: e for e in told.ends() if e["job"]["facets"].get("jobType", {}).get("jobType") == "STEP"
    }
    assert {e["job"]["name"] for e in steps.values()} == {f"ingest.{s}" for s in SOURCES} | {
        "build",
        "publish",
        "docs",
        "page",
    }
    tasks = {e["run"]["facets"]["parent"]["job"]["name"] for e in steps.values()}
    assert tasks == {f"ingest_{s}.ingest" for s in SOURCES} | {
        f"warehouse.{task}" for task in ("build", "publish", "docs", "page")
    }
    for event in told.ends():
        parent = event["run"]["facets"]["parent"]
        if event["run"]["runId"] not in steps:
            assert steps[parent["run"]["runId"]]["job"]["name"] == parent["job"]["name"]
        assert parent["root"]["job"]["name"] in {"warehouse", *(f"ingest_{s}" for s in SOURCES)}


def test_every_run_begins_once_and_ends_once(told: Told) -> None:
    kinds = Counter((event["run"]["runId"], event["eventType"] == "START") for event in told.events)
    assert set(kinds.values()) == {1}
    assert len(kinds) == 2 * len({run for run, _ in kinds})


def test_no_event_names_a_file_as_its_partner_named_it_and_only_we_can_read_them(told: Told) -> None:
    text = json.dumps(told.events)
    names = {name for (name,) in marts(told.home, "select distinct file_name from load_reconciliation")}
    assert len(names) > 40
    assert [name for name in names if name in text] == []
    folder = told.home / "logs" / "lineage"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_question_that_the_how_to_asks_without_a_server_has_its_answer(told: Told) -> None:
    page = (PROJECT / "docs" / "how-to" / "lineage.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    events = told.home / "logs" / "lineage" / "*.jsonl"
    answer = {name for (name,) in duckdb.sql(query.replace("var/logs/lineage/*.jsonl", str(events))).fetchall()}
    assert {"marts.indicator_values", "identity.record_keys", "raw.placements"} <= answer
    assert len([name for name in answer if "{date}" in name]) > 40
