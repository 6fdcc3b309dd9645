"""The warehouse runs when all are in, at the cut-off whatever is missing, and is red when a step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dags.conftest import parse

if TYPE_CHECKING:
    from airflow.sdk import DAG


def test_it_waits_for_all_the_assets_that_the_ingests_emit_or_for_a_person_s_decision(dags: dict[str, DAG]) -> None:
    emitted = {
        asset.uri
        for name, dag in dags.items()
        if name.startswith("ingest_")
        for task in dag.tasks
        for asset in task.outlets
    }
    condition = dags["warehouse"].schedule.asset_condition
    assert type(condition).__name__ == "AssetAny"
    all_sources, decision = condition.objects
    assert type(all_sources).__name__ == "AssetAll"
    assert {asset.uri for asset in all_sources.objects} == emitted
    assert len(emitted) == 9
    assert decision.uri == "hrtp://raw/decisions"


def test_the_cut_off_is_six_in_los_angeles_unless_the_setting_says_otherwise(
    dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch
) -> None:
    cutoff = dags["warehouse"].schedule.timetable
    assert (cutoff.expression, cutoff.timezone) == ("0 6 * * *", "America/Los_Angeles")
    monkeypatch.setenv("HRTP_WAREHOUSE_CUTOFF", "30 7 * * *")
    assert parse()["warehouse"].schedule.timetable.expression == "30 7 * * *"


def test_every_ingest_has_its_slot_before_the_cut_off(dags: dict[str, DAG]) -> None:
    for name, dag in dags.items():
        if name.startswith("ingest_"):
            minute, hour = dag.schedule.expression.split()[:2]
            assert int(hour) * 60 + int(minute) < 6 * 60, name


def test_build_publish_scorecard_and_tell_follow_each_other(dags: dict[str, DAG]) -> None:
    warehouse = dags["warehouse"]
    assert warehouse.get_task("build").downstream_task_ids == {"publish"}
    assert warehouse.get_task("publish").downstream_task_ids == {"scorecard", "docs"}
    assert warehouse.get_task("docs").downstream_task_ids == set()
    assert warehouse.get_task("scorecard").downstream_task_ids == {"tell"}
    assert len(warehouse.tasks) == 5


def test_a_failed_step_makes_the_run_red_because_no_task_runs_whatever_happened_before_it(dags: dict[str, DAG]) -> None:
    for name in ("warehouse", "decide_held_file"):
        assert {task.trigger_rule.value for task in dags[name].tasks} == {"all_success"}, name


def test_a_failed_step_tells_the_people_and_the_task_that_tells_calls_nobody_when_it_fails(
    dags: dict[str, DAG],
) -> None:
    tells = {
        task.task_id: [type(callback).__name__ for callback in task.on_failure_callback or []]
        for task in dags["warehouse"].tasks
    }
    told = ["TellThePeople"]
    assert tells == {"build": told, "publish": told, "docs": told, "scorecard": told, "tell": []}


def test_one_process_at_a_time_writes_the_warehouse(dags: dict[str, DAG]) -> None:
    warehouse = dags["warehouse"]
    assert (warehouse.max_active_runs, warehouse.max_active_tasks) == (1, 1)
    assert {task.pool for task in warehouse.tasks} == {"default_pool"}


def test_a_publish_tells_whatever_reads_the_marts(dags: dict[str, DAG]) -> None:
    assert [asset.uri for asset in dags["warehouse"].get_task("publish").outlets] == ["hrtp://published/marts"]


def test_a_replay_asks_for_a_day_and_nothing_but_a_day(dags: dict[str, DAG]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = dags["warehouse"].params
    assert params["as_of"] is None
    params["as_of"] = "2026-09-30"
    with pytest.raises(ParamValidationError):
        params["as_of"] = "last Tuesday"
    params["as_of"] = None
