"""What Airflow does that the embedded night has no use for, left out; seconds of CPU every night.

Each of the three stands for one thing that was measured (docs/decisions/0065), holds for this process and its forks
alone, and changes nothing that is written. A test asks this Airflow whether each is still there to be left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Builds 38 parsers of addresses at its import, 2 s, where the package is there; only checks of SBOMs need them.
_ADDRESS_GRAMMARS = "rfc3987_syntax"


def skip_address_grammars() -> None:
    """Let jsonschema, which Airflow imports with its configuration, do without the grammars of addresses.

    To be called before the first import of Airflow. What it checks nowhere here are the formats ``iri`` and
    ``iri-reference``, in the metadata of Airflow's providers.
    """
    sys.modules.setdefault(_ADDRESS_GRAMMARS, None)  # type: ignore[arg-type] # how an import is said to fail


def serve_one_version() -> None:
    """Let the execution API of this process speak the version of its one client, and no older one.

    Airflow derives each older version's routes and models from the newest, so that workers of older releases find
    theirs. The tasks of the embedded night are of this very release. To be called before the API is set up.
    """
    from airflow.api_fastapi.execution_api import versions
    from airflow.api_fastapi.execution_api.routes import execution_api_router
    from cadwyn import HeadVersion, Version, VersionBundle
    from cadwyn.route_generation import _DELETED_ROUTE_TAG

    newest = versions.bundle.versions[0]
    versions.bundle = VersionBundle(HeadVersion(), Version(newest.value))
    # what only older versions have stands among the routes under this mark, and waits for its version
    routes = execution_api_router.routes
    routes[:] = [route for route in routes if _DELETED_ROUTE_TAG not in getattr(route, "tags", ())]


@contextmanager
def dags_as_parsed() -> Iterator[None]:
    """Let ``DAG.test`` take the DAGs as they are in the database.

    Before each run it parses every DAG file and writes every DAG again; the night has done both once, for all runs.
    """
    from airflow.dag_processing import dagbag

    before = dagbag.BundleDagBag, dagbag.sync_bag_to_db

    def nothing(*_: Any, **__: Any) -> None:
        return None

    dagbag.BundleDagBag, dagbag.sync_bag_to_db = nothing, nothing
    try:
        yield
    finally:
        dagbag.BundleDagBag, dagbag.sync_bag_to_db = before
