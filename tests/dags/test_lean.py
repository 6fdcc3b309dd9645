"""What the embedded night leaves out of Airflow: still there to be left out, and missed by nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from orchestration.environment import airflow_environment

from tests.dags.conftest import CHECKOUT


def ran(code: str, home: Path) -> list[str]:
    """What a fresh Python with the settings of Airflow prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | airflow_environment(home, CHECKOUT),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_execution_api_speaks_the_version_of_its_client_and_no_other(tmp_path: Path) -> None:
    code = """
from airflow.api_fastapi.execution_api import versions
every, newest = len(versions.bundle.versions), versions.bundle.versions[0].value
from orchestration.lean import serve_one_version
from orchestration.warm import set_up_execution_api
serve_one_version()
set_up_execution_api()
from airflow.sdk.api.datamodels._generated import API_VERSION
from airflow.sdk.execution_time.supervisor import in_process_api_server
app = in_process_api_server().app
served = {str(version): router for version, router in app.router.versioned_routers.items()}
routes = {route.path for route in served[newest].routes}
asked = {
    "/health",
    "/dag-runs/previous",
    "/task-instances/{task_instance_id}/run",
    "/xcoms/{dag_id}/{run_id}/{task_id}/{key:path}",
}
print(every > 1, [*served] == [newest] == [API_VERSION], asked - routes, len(routes) > 20)
"""
    assert ran(code, tmp_path)[-1] == "True True set() True"


def test_airflow_is_imported_without_the_grammars_of_addresses(tmp_path: Path) -> None:
    code = """
import sys
from orchestration.lean import skip_address_grammars
skip_address_grammars()
import airflow, jsonschema
from jsonschema import FormatChecker
print(sys.modules["rfc3987_syntax"], "date-time" in FormatChecker.checkers, "iri" in FormatChecker.checkers)
"""
    assert ran(code, tmp_path)[-1] == "None True False"


def test_a_run_takes_the_dags_as_they_were_parsed_and_later_ones_may_parse_again() -> None:
    from airflow.dag_processing import dagbag
    from orchestration.lean import dags_as_parsed

    bag, sync = dagbag.BundleDagBag, dagbag.sync_bag_to_db
    with pytest.raises(KeyboardInterrupt), dags_as_parsed():
        made = dagbag.BundleDagBag(dag_folder="nowhere", bundle_path="nowhere", bundle_name="dags-folder")
        dagbag.sync_bag_to_db(made, "dags-folder", None)
        raise KeyboardInterrupt
    assert (dagbag.BundleDagBag, dagbag.sync_bag_to_db) == (bag, sync)
