"""Import what is slow once, in the process that task processes are forked from.

Great Expectations takes 2.4 to 4.6 s to import, dbt 1.2 to 2 s, the execution API of Airflow 3 s to set up: a forked
task inherits all three for nothing. None of it may start a thread: a fork copies memory, not threads. A test holds
that.
"""

from __future__ import annotations

import importlib
import logging

#: What the tasks use, heaviest first.
HEAVY_MODULES = (
    "great_expectations",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "hrtp.gate",
    "hrtp.lineage.loads",
    "hrtp.lineage.models",
    "hrtp.lineage.publications",
    "hrtp.lineage.readers",
    "hrtp.ingest",
    "hrtp.build",
    "hrtp.feedback",
    "hrtp.alerts",
    "airflow.providers.standard.operators.trigger_dagrun",
)


def import_heavy_modules() -> None:
    """Import what tasks need. The import of Great Expectations alone logs 200 lines unless it is told not to."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    for name in HEAVY_MODULES:
        importlib.import_module(name)


def set_up_execution_api() -> None:
    """Build the execution API that tasks talk to, and make it build its routes, which it puts off to the first call.

    One call through the asynchronous door, in an event loop that ends here: the synchronous door starts a thread.
    """
    import asyncio

    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    async def knock() -> None:
        transport = in_process_api_server().atransport
        async with httpx.AsyncClient(transport=transport, base_url="http://in-process.invalid") as client:
            await client.get("/health")

    asyncio.run(knock())
