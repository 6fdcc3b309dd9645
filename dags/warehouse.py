"""From raw to published: when all partners are in, and at the cut-off hour whatever is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, AssetAll, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, Param, task

from hrtp_airflow.days import TIME_ZONE
from hrtp_airflow.notify import TellThePeople
from hrtp_airflow.partners import decisions_asset, marts_asset, project_settings, raw_asset, runbook, source_files
from hrtp_airflow.policies import BACKOFF, MAX_RETRY_DELAY, RETRY_DELAY, RetryTransient, deadline

DOC = """
### Warehouse

Rebuilds every mart from raw into a candidate file, tests it, swaps it in as a whole, and writes the scorecard to
the log. Starts when **all** partners are in, when a person has decided about a held file, and at the cut-off
(`{cutoff}` {time_zone}) with whatever has come. A
partner that is missing keeps its last good data in the figures, marked stale.

The figures speak of the day of the run's slot in Los Angeles. To replay another day, trigger the DAG with
`{{"as_of": "2026-09-30"}}`.

It ends by telling people what they must know: one message a source, and one for the night.

**A red run** means that nothing was published: readers still see the last good marts. Only where `tell` alone is red,
all is published, and a channel of the alerts is down.

Runbook: [{runbook}]({runbook})
"""

#: A build of ten million rows takes half a minute (docs/decisions); an hour means that it hangs.
BUILD_TIMEOUT = timedelta(hours=1)
STEP_TIMEOUT = timedelta(minutes=15)
#: Characters to a line of the scorecard in the log.
LOG_WIDTH = 140
#: Minutes after the cut-off by which readers expect the figures.
PUBLISHED_WITHIN = 60

settings = project_settings()
published = marts_asset()

with DAG(
    dag_id="warehouse",
    dag_display_name="Warehouse: build and publish",
    description="Build, test and publish the marts",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable(settings.warehouse_cutoff, timezone=TIME_ZONE),
        assets=AssetAny(AssetAll(*(raw_asset(source) for source in source_files(settings.project))), decisions_asset()),
    ),
    catchup=False,
    # A DuckDB file has one writing process: one run at a time and one task at a time do what a pool of one slot
    # would, without a pool that somebody has to create first.
    max_active_runs=1,
    max_active_tasks=1,
    tags=["warehouse"],
    deadline=deadline(PUBLISHED_WITHIN, "the marts are not published"),
    params={"as_of": Param(None, type=["null", "string"], format="date", description="replay this day")},
    default_args={
        "owner": "HRTP data desk",
        "retries": 2,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": BACKOFF,
        "max_retry_delay": MAX_RETRY_DELAY,
        "retry_policy": RetryTransient(),
        "on_failure_callback": TellThePeople(),
        "execution_timeout": STEP_TIMEOUT,
    },
    doc_md=DOC.format(cutoff=settings.warehouse_cutoff, time_zone=TIME_ZONE, runbook=runbook("warehouse.md")),
) as warehouse:

    @task(execution_timeout=BUILD_TIMEOUT)  # type: ignore[untyped-decorator] # airflow.sdk brings no types
    def build(**context: Any) -> dict[str, Any]:
        """Match persons, then run every model and every test into a candidate file; swap it in if all pass."""
        from hrtp.build import build_warehouse
        from hrtp.forget import finish
        from hrtp.outcomes import BUILD, recorded
        from hrtp.process import die_with_parent
        from hrtp_airflow.days import as_of_run

        die_with_parent()
        now = project_settings()
        finish(now)
        with recorded(now, BUILD):
            return build_warehouse(now, as_of_run(context, now.as_of)).summary()

    @task(outlets=[published])  # type: ignore[untyped-decorator]
    def publish(**context: Any) -> dict[str, Any]:
        """Swap the tested marts in as a whole; the summary says whether anything changed."""
        from hrtp.outcomes import PUBLISH, recorded
        from hrtp.process import die_with_parent
        from hrtp.publish import publish

        die_with_parent()
        now = project_settings()
        with recorded(now, PUBLISH):
            summary = publish(now).summary()
        context["outlet_events"][published].extra = summary
        return summary

    @task
    def docs() -> dict[str, Any]:
        """Write the documentation with its lineage, and the semantic layer, of the marts that are published now."""
        from hrtp.docs import write_docs
        from hrtp.process import die_with_parent

        die_with_parent()
        return write_docs(project_settings()).summary()

    @task
    def scorecard() -> None:
        """Write the 17 figures against their targets into the log."""
        from rich.console import Console

        from hrtp.scorecard import render

        # A log has no terminal: a fixed width and no colours, so that the table stays a table.
        Console(width=LOG_WIDTH, no_color=True, highlight=False).print(render(project_settings()))

    @task(on_failure_callback=None)  # type: ignore[untyped-decorator] # who could not be told cannot be told so
    def tell() -> dict[str, Any]:
        """Tell people what stands tonight, a message a source; then the heartbeat. Publishing is done by now."""
        from hrtp.alerts import tell as tell_people

        return tell_people(project_settings(), published=True).summary()

    # One line, no leaf with `all_done`: whichever step fails, the run is red. Before `tell` is reached, the failed
    # task's own callback tells.
    # Nobody waits for the documentation: figures and telling do not hang on it.
    swapped = publish()
    build() >> swapped >> scorecard() >> tell()
    swapped >> docs()
