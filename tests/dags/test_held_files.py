"""A held file: who is asked, once, and what an answer says. The whole way is in the end-to-end test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hrtp.holds import decide, list_held
from tests.alerts.conftest import Desk
from tests.unit.reading_world import services

if TYPE_CHECKING:
    from airflow.sdk import DAG


class Instance(NamedTuple):
    """As much of a task instance as is asked for."""

    task_id: str
    state: None = None


USER = {"id": "7", "name": "r.diaz"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A deployment with one file that is held."""
    desk = Desk(tmp_path)
    good = [f"S{i},P1,housing,2026-05-01,{i}" for i in range(40)]
    desk.drop("services_20260930.csv", services(*good, *(f"X{i},P1,yacht,2026-05-01,1" for i in range(9))))
    desk.ingest()
    return desk


def response(choice: str = "Approve", user: dict[str, str] | None = USER, **given: str) -> dict[str, Any]:
    """What Airflow hands on when a person has answered."""
    return {"chosen_options": [choice], "params_input": given, "responded_by_user": user}


def test_a_question_is_a_run_that_bears_the_file_s_own_id_so_that_it_is_asked_once(desk: Desk) -> None:
    from hrtp_airflow.holds import questions

    (held,) = list_held(desk.settings())
    first, again = questions("construction", desk.settings()), questions("construction", desk.settings())
    assert first == again
    (question,) = first
    assert question["trigger_run_id"] == f"held__construction__{held.file_sha256[:16]}"
    assert question["conf"]["file_sha256"] == held.file_sha256
    assert question["conf"]["file_name"] == "services_20260930.csv"
    (why,) = question["conf"]["why_held"]
    assert why.startswith("services: HELD_QUARANTINE_SHARE (9 of 49 rows are bad")


def test_nobody_is_asked_about_a_file_that_was_decided_or_that_a_newer_one_has_settled(desk: Desk) -> None:
    from hrtp_airflow.holds import questions

    desk.drop("services_20260930_02.csv", services(*(f"S{i},P1,housing,2026-05-01,{i}" for i in range(41))))
    desk.ingest()
    assert questions("construction", desk.settings()) == []
    decide(desk.settings(), "services_20260930.csv", "reject", why="replaced", by="R. Diaz")
    assert questions("construction", desk.settings()) == []
    assert questions("healthcare", desk.settings()) == []


def test_an_answer_bears_the_name_of_the_user_who_gave_it() -> None:
    from hrtp_airflow.holds import answer

    assert answer(response(reason=" asked the partner ", name="")) == ("approve", "asked the partner", "r.diaz")
    assert answer(response("Reject", reason="wrong month"))[::2] == ("reject", "r.diaz")


def test_a_typed_name_stands_beside_the_login_and_never_instead_of_it() -> None:
    from hrtp_airflow.holds import answer

    assert answer(response(reason="right", name="Ana Ruiz"))[2] == "Ana Ruiz (Airflow: r.diaz)"
    assert answer(response(reason="right", name="Ana Ruiz", user=None))[2] == "Ana Ruiz"


@pytest.mark.parametrize("given", [{}, {"reason": "  "}, {"name": "Ana Ruiz"}])
def test_an_answer_without_a_reason_is_none(given: dict[str, str]) -> None:
    from hrtp_airflow.holds import answer

    with pytest.raises(ValueError, match="needs a reason"):
        answer(response(**given))


def test_nothing_is_approved_because_nobody_looked(dags: dict[str, DAG]) -> None:
    ask = dags["decide_held_file"].get_task("ask")
    assert (ask.options, ask.defaults, ask.response_timeout) == (["Approve", "Reject"], None, None)
    assert dags["decide_held_file"].schedule is None


def test_an_answer_without_a_reason_fails_the_try_and_the_question_comes_again(dags: dict[str, DAG]) -> None:
    ask = dags["decide_held_file"].get_task("ask")
    for given in ({}, {"reason": " ", "name": "Ana Ruiz"}):
        with pytest.raises(ValueError, match="asked again"):
            ask.validate_params_input(given)
    ask.validate_params_input({"reason": "asked the partner", "name": ""})
    assert ask.retries >= 10
    assert ask.retry_delay.total_seconds() <= 30


def test_a_waiting_question_blocks_no_other(dags: dict[str, DAG]) -> None:
    dag = dags["decide_held_file"]
    assert dag.max_active_runs >= 100
    assert dag.max_active_tasks >= 100
    ask = dags["ingest_construction"].get_task("ask")
    assert ask.partial_kwargs["wait_for_completion"] is False
    assert ask.partial_kwargs["skip_when_already_exists"] is True


def test_a_decision_builds_the_warehouse_anew_and_does_not_count_as_the_source_s_arrival(dags: dict[str, DAG]) -> None:
    assert [asset.uri for asset in dags["decide_held_file"].get_task("decide").outlets] == ["hrtp://raw/decisions"]


def test_the_embedded_night_asks_nobody(dags: dict[str, DAG]) -> None:
    from orchestration.nightly import ASK_NOBODY

    assert ASK_NOBODY == {"ask": False}
    assert dags["ingest_construction"].params["ask"] is True


def test_the_ingest_and_the_questions_decide_the_colour_of_a_run_and_the_feedback_runs_in_any_case(
    dags: dict[str, DAG],
) -> None:
    """By Airflow's own reckoning: which tasks' states make a run red or green."""
    from airflow.models.dagrun import DagRun
    from airflow.serialization.serialized_objects import DagSerialization

    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dags["ingest_construction"]))
    tis = [Instance(task.task_id) for task in dag.tasks]
    assert {ti.task_id for ti in DagRun._tis_for_dagrun_state(None, dag=dag, tis=tis)} == {"ingest", "ask"}
    feedback = dag.get_task("feedback")
    assert feedback.upstream_task_ids == {"ingest"}
    assert str(feedback.trigger_rule) == "all_done_setup_success"
    assert str(dag.get_task("ask").trigger_rule) == "all_success"
