"""From raw to published: when all partners are in, and at the cut-off hour whatever is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, AssetAll, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, Param, TaskGroup, task

from hrtp_airflow import words
from hrtp_airflow.days import TIME_ZONE
from hrtp_airflow.lineage import below_this_task
from hrtp_airflow.notes import note, noting_failure
from hrtp_airflow.notify import TellThePeople
from hrtp_airflow.partners import (
    decisions_asset,
    marts_asset,
    project_settings,
    raw_asset,
    read_partner,
    runbook,
    source_files,
)
from hrtp_airflow.policies import BACKOFF, MAX_RETRY_DELAY, RETRY_DELAY, RetryTransient, deadline

#: A build of ten million rows takes half a minute (docs/decisions); an hour means that it hangs.
BUILD_TIMEOUT = timedelta(hours=1)
STEP_TIMEOUT = timedelta(minutes=15)
#: With waits of 2, 4, 8, 16, 30 and 30 minutes: an hour and a half in which PostgreSQL may be away.
BI_RETRIES = 6
#: Characters to a line of the scorecard in the log.
LOG_WIDTH = 140
#: Minutes after the cut-off by which readers expect the figures.
PUBLISHED_WITHIN = 60

settings = project_settings()
published = marts_asset()
all_partners = AssetAll(*(raw_asset(read_partner(path)) for path in source_files(settings.project).values()))

with DAG(
    dag_id="warehouse",
    dag_display_name="Warehouse: count and publish",
    description="Count the 17 indicators from all that the partners sent, test, publish, tell",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable(settings.warehouse_cutoff, timezone=TIME_ZONE),
        assets=AssetAny(all_partners, decisions_asset()),
    ),
    catchup=False,
    # A DuckDB file has one writing process: one run at a time and one task at a time do what a pool of one slot
    # would, without a pool that somebody has to create first.
    max_active_runs=1,
    max_active_tasks=1,
    tags=["warehouse", "figures"],
    deadline=deadline(PUBLISHED_WITHIN, "the marts are not published"),
    params={
        "as_of": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day of the figures",
            description="replay this day; empty: the day of the run. What it gives is published",
        )
    },
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
    doc_md=words.WAREHOUSE.format(
        cutoff=settings.warehouse_cutoff, time_zone=TIME_ZONE, runbook=runbook("warehouse.md")
    ),
) as warehouse:

    @task(  # type: ignore[untyped-decorator] # airflow.sdk brings no types
        task_display_name="Count and test",
        doc_md=words.BUILD_TASK.format(runbook=runbook("warehouse.md#by-symptom")),
        execution_timeout=BUILD_TIMEOUT,
    )
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
        with recorded(now, BUILD), noting_failure(context), below_this_task(context):
            return build_warehouse(now, as_of_run(context, now.as_of)).summary()

    @task(  # type: ignore[untyped-decorator]
        task_display_name="Publish the files", doc_md=words.PUBLISH_TASK, outlets=[published]
    )
    def publish(**context: Any) -> dict[str, Any]:
        """Swap the tested marts in as a whole; the summary says whether anything changed."""
        from hrtp.digest import digest
        from hrtp.outcomes import PUBLISH, recorded
        from hrtp.process import die_with_parent
        from hrtp.publish import publish

        die_with_parent()
        now = project_settings()
        with recorded(now, PUBLISH), noting_failure(context), below_this_task(context):
            summary = publish(now).summary()
        context["outlet_events"][published].extra = summary | digest(now).to_json()
        return summary

    # Retried alone, for longer than the others: PostgreSQL comes back, and the night waits in its files.
    @task(  # type: ignore[untyped-decorator]
        task_display_name="Publish to PostgreSQL",
        doc_md=words.PUBLISH_BI_TASK.format(runbook=runbook("warehouse.md")),
        retries=BI_RETRIES,
    )
    def publish_bi(**context: Any) -> dict[str, Any]:
        """Let PostgreSQL show the night that is published; skipped where HRTP_POSTGRES_DSN names none."""
        from airflow.sdk.exceptions import AirflowSkipException

        from hrtp.bi import publish_to_postgres
        from hrtp.outcomes import PUBLISH_BI, recorded
        from hrtp.process import die_with_parent

        die_with_parent()
        now = project_settings()
        if now.postgres_dsn is None:
            raise AirflowSkipException("HRTP_POSTGRES_DSN is not set")
        with recorded(now, PUBLISH_BI), noting_failure(context), below_this_task(context):
            return publish_to_postgres(now).summary()

    @task(task_display_name="Write the documentation", doc_md=words.DOCS_TASK)  # type: ignore[untyped-decorator]
    def docs(**context: Any) -> dict[str, Any]:
        """Write the documentation with its lineage, and the semantic layer, of the marts that are published now."""
        from hrtp.docs import write_docs
        from hrtp.process import die_with_parent

        die_with_parent()
        with noting_failure(context), below_this_task(context):
            return write_docs(project_settings()).summary()

    @task(task_display_name="Make the scorecard page", doc_md=words.PAGE_TASK)  # type: ignore[untyped-decorator]
    def page(**context: Any) -> dict[str, Any]:
        """Make the scorecard page, for the public and for staff, in English and Spanish; swap them in together."""
        from hrtp.outcomes import PAGE, recorded
        from hrtp.page import write_page
        from hrtp.process import die_with_parent

        die_with_parent()
        now = project_settings()
        with recorded(now, PAGE), noting_failure(context), below_this_task(context):
            return write_page(now).summary()

    @task(  # type: ignore[untyped-decorator]
        task_display_name="Write the scorecard and the night's note", doc_md=words.SCORECARD_TASK
    )
    def scorecard(published: dict[str, Any], **context: Any) -> None:
        """Write the 17 figures against their targets into the log, and the night in words beside the run."""
        from rich.console import Console

        from hrtp.digest import digest
        from hrtp.scorecard import render

        now = project_settings()
        note(context, digest(now).in_words(changed=bool(published["changed"])))
        # A log has no terminal: a fixed width and no colours, so that the table stays a table.
        Console(width=LOG_WIDTH, no_color=True, highlight=False).print(render(now))

    @task(  # type: ignore[untyped-decorator]
        task_display_name="Tell people",
        doc_md=words.TELL_TASK.format(runbook=runbook("alerts.md#a-channel-is-down")),
        on_failure_callback=None,  # who could not be told cannot be told so
    )
    def tell() -> dict[str, Any]:
        """Tell people what stands tonight, a message a source; then the heartbeat. Publishing is done by now."""
        from hrtp.alerts import tell as tell_people

        return tell_people(project_settings(), published=True).summary()

    # No leaf with `all_done`: whichever step fails, the run is red. Before `tell` is reached, the failed task's own
    # callback tells. The ids of tasks stay as they are: logs, runbooks and the embedded night know them.
    built = build()
    with TaskGroup("ways_out", prefix_group_id=False, group_display_name="Publish"):
        files = publish()
        # One way out that fails makes the run red and keeps no other, nor the telling, from its work.
        files >> [publish_bi(), docs(), page()]
    with TaskGroup("telling", prefix_group_id=False, group_display_name="Tell"):
        scorecard(files) >> tell()
    built >> files
