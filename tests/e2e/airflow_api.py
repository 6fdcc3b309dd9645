"""The few calls of Airflow's REST API that the end-to-end test makes, as a user with a token would make them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from orchestration.cluster import LocalAirflow

FINISHED = ("success", "failed")


class AirflowApi:
    """A logged-in user of the web server."""

    def __init__(self, airflow: LocalAirflow) -> None:
        self._url = airflow.url
        self._token: str | None = None
        credentials = {"username": "admin", "password": airflow.password}
        self._token = str(self.call("POST", "/auth/token", credentials)["access_token"])

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One request; the answer as a mapping."""
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def dags(self) -> set[str]:
        """Ids of all DAGs that the dag-processor has found."""
        return {dag["dag_id"] for dag in self.call("GET", "/api/v2/dags?limit=100")["dags"]}

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, slot: datetime | None = None) -> str:
        """Start a run, as if for a slot where one is given; its id."""
        body = {"logical_date": slot.isoformat() if slot else None}
        return str(self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """All runs of a DAG, the oldest first."""
        runs = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=100&order_by=id")["dag_runs"]
        return [dict(run) for run in runs]

    def state(self, dag_id: str, run_id: str) -> str:
        """State of a run."""
        return next(str(run["state"]) for run in self.runs(dag_id) if run["dag_run_id"] == run_id)

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """State of every task of a run."""
        found = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {task["task_id"]: str(task["state"]) for task in found}

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        value = self.call("GET", f"{path}?deserialize=true&stringify=false")["value"]
        return json.loads(value) if isinstance(value, str) else value

    def questions(self, dag_id: str) -> list[dict[str, Any]]:
        """Every question to a person that a DAG has asked, answered or not."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/~/hitlDetails?limit=100"
        return [dict(detail) for detail in self.call("GET", path)["hitl_details"]]

    def respond(self, dag_id: str, run_id: str, task_id: str, choice: str, **given: str) -> dict[str, Any]:
        """Answer a question as the form on the web page does; what Airflow has kept of it."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        return self.call("PATCH", path, {"chosen_options": [choice], "params_input": given})

    def announced(self, dag_id: str) -> set[str]:
        """URIs of the assets that wait to start a DAG."""
        try:
            queue = self.call("GET", f"/api/v2/dags/{dag_id}/assets/queuedEvents")["queued_events"]
        except urllib.error.HTTPError as error:
            if error.code != 404:  # Airflow's way of saying that there are none
                raise
            return set()
        uris = {asset["id"]: asset["uri"] for asset in self.call("GET", "/api/v2/assets?limit=100")["assets"]}
        return {uris[event["asset_id"]] for event in queue}

    def asset_events(self) -> dict[str, dict[str, Any]]:
        """The newest event of every asset: URI -> what came with it."""
        events = self.call("GET", "/api/v2/assets/events?limit=100&order_by=timestamp")["asset_events"]
        return {event["uri"]: event["extra"] for event in events}


def wait_for(what: str, check: Callable[[], bool], seconds: float) -> None:
    """Ask twice a second until it is so; fails naming what did not come about."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.5)
