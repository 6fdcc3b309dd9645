"""One DAG a partner, with the schedule, owner, retries and deadline that the partner's YAML says."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.dags.conftest import CHECKOUT, DAGS, parse

if TYPE_CHECKING:
    from airflow.sdk import DAG

PARTNERS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((CHECKOUT / "sources").glob("*.yml"))
}

TENTH = """
source: ajcc_east_county
name: East County one-stop
kind: ajcc
owner: {name: East County, email: data@example.org}
schedule: "10 2 * * *"
transport: {url: "file:${HRTP_INBOX}/ajcc_east_county"}
"""


def test_there_is_one_dag_a_source_the_warehouse_and_the_one_that_asks_about_held_files(dags: dict[str, DAG]) -> None:
    assert len(PARTNERS) == 9
    assert set(dags) == {f"ingest_{source}" for source in PARTNERS} | {"warehouse", "decide_held_file"}


@pytest.mark.parametrize("source", PARTNERS)
def test_a_dag_says_what_its_yaml_says(dags: dict[str, DAG], source: str) -> None:
    said, dag = PARTNERS[source], dags[f"ingest_{source}"]
    assert dag.schedule.expression == said["schedule"]
    assert dag.schedule.timezone == "America/Los_Angeles"
    assert dag.owner == said["owner"]["name"]
    assert dag.owner_links == {said["owner"]["name"]: f"mailto:{said['owner']['email']}"}
    assert set(dag.tags) >= {"ingest", said["kind"], *said["tags"]}
    assert dag.deadline[0].interval == timedelta(minutes=said["deadline_minutes"])
    ingest = dag.get_task("ingest")
    assert ingest.retries == said["retries"]
    assert ingest.execution_timeout == timedelta(minutes=said["timeout_minutes"])
    assert ingest.op_args == (source,) or ingest.op_args == [source]


@pytest.mark.parametrize("source", PARTNERS)
def test_a_dag_runs_once_at_a_time_and_waits_longer_with_each_retry(dags: dict[str, DAG], source: str) -> None:
    dag = dags[f"ingest_{source}"]
    ingest = dag.get_task("ingest")
    assert (dag.max_active_runs, dag.catchup, dag.start_date) == (1, False, None)
    assert (ingest.retry_delay, ingest.retry_exponential_backoff) == (timedelta(minutes=2), 2.0)
    assert ingest.max_retry_delay == timedelta(minutes=30)
    assert type(ingest.retry_policy).__name__ == "RetryTransient"


@pytest.mark.parametrize("source", PARTNERS)
def test_a_dag_emits_the_asset_of_its_source_alone(dags: dict[str, DAG], source: str) -> None:
    dag = dags[f"ingest_{source}"]
    assert {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks} == {
        "ingest": [f"hrtp://raw/{source}"],
        "feedback": [],
        "ask": [],
    }


@pytest.mark.parametrize("source", PARTNERS)
def test_names_that_people_read_are_the_partner_s_and_those_that_programs_read_stay(
    dags: dict[str, DAG], source: str
) -> None:
    name, dag = PARTNERS[source]["name"], dags[f"ingest_{source}"]
    assert dag.dag_display_name == f"Ingest: {name}"
    (asset,) = dag.get_task("ingest").outlets
    assert (asset.name, asset.group) == (f"{name}: data loaded", "hrtp_raw")
    assert asset.extra["owner"] == PARTNERS[source]["owner"]["name"]
    assert {task.task_id: task.task_display_name for task in dag.tasks} == {
        "ingest": "Fetch, check and load",
        "feedback": "Tell the partner what to mend",
        "ask": "Ask a person about held files",
    }
    assert {task.task_id for task in dag.task_group.children["people"].iter_tasks()} == {"feedback", "ask"}


def test_every_task_says_what_it_does_and_every_parameter_what_it_asks(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert "| **Red** |" in (dag.doc_md or "") or dag.dag_id == "decide_held_file", dag.dag_id
        for task in dag.tasks:
            assert len(task.doc_md or "") > 60, task.task_id
            assert task.task_display_name != task.task_id
        for name in dag.params:
            param = dag.params.get_param(name)
            assert param.description, name
            assert param.schema.get("title"), name


def test_a_tenth_yaml_is_a_tenth_dag_that_the_warehouse_waits_for(project: Path) -> None:
    (project / "sources" / "ajcc_east_county.yml").write_text(TENTH, encoding="utf-8")
    dags = parse()
    assert len(dags) == 12
    assert dags["ingest_ajcc_east_county"].schedule.expression == "10 2 * * *"
    all_sources, _ = dags["warehouse"].schedule.asset_condition.objects
    waits_for = {asset.uri for asset in all_sources.objects}
    assert "hrtp://raw/ajcc_east_county" in waits_for
    assert len(waits_for) == 10


def test_a_yaml_with_a_typo_costs_only_its_own_dag_which_says_what_is_wrong(project: Path) -> None:
    broken = project / "sources" / "construction.yml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("schedule:", "shedule:"), encoding="utf-8")
    dags = parse()
    assert len(dags) == 11
    stand_in = dags["ingest_construction"]
    assert "broken_configuration" in stand_in.tags
    assert "shedule" in (stand_in.doc_md or "")
    assert "broken_configuration" not in dags["ingest_healthcare"].tags


def test_a_task_process_builds_only_the_dag_that_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "ingest_healthcare")
    ingests = [name for name in parse() if name.startswith("ingest_")]
    assert ingests == ["ingest_healthcare"]


def test_parsing_imports_nothing_heavy_and_reads_nothing_but_the_sources() -> None:
    """In a fresh interpreter, with an audit hook on every file that is opened and every connection that is made."""
    code = """
import os, runpy, sys
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, DeadlineAlert, Param, RetryPolicy, task
import airflow.providers.standard.decorators.python, airflow.sdk.bases.notifier
import airflow.providers.standard.operators.hitl, airflow.providers.standard.operators.trigger_dagrun
# what Airflow does when it is imported is its own affair
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], str): opened.append(arguments[0])
    if event in ("socket.connect", "subprocess.Popen", "os.system"): opened.append(event)
before = set(sys.modules)
sys.addaudithook(hook)
for name in ("ingest.py", "warehouse.py", "decide_held_file.py"):
    runpy.run_path(os.path.join(sys.argv[1], name))
for name in ("dbt", "great_expectations", "duckdb", "pandas", "pyarrow", "deltalake", "airflow.models"):
    if name in set(sys.modules) - before: print("imported", name)
ours = os.path.dirname(sys.argv[1])
for name in opened:
    if name.startswith(ours) and "/.venv/" not in name and "/__pycache__/" not in name and not name.endswith(".py"):
        print("opened", os.path.relpath(name, ours))
    elif "." in name and "/" not in name:
        print("did", name)
"""
    process = subprocess.run(
        [sys.executable, "-c", code, str(DAGS)],
        env=os.environ | {"PYTHONPATH": str(DAGS)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = sorted({line for line in process.stdout.splitlines() if line.split()[0] in {"imported", "opened", "did"}})
    assert lines == sorted(f"opened sources/{source}.yml" for source in PARTNERS)


def test_airflow_can_store_every_dag_and_read_it_back(dags: dict[str, DAG]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for name, dag in dags.items():
        restored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        assert restored.dag_id == name
        assert restored.task_ids == dag.task_ids
