"""One DAG a partner: ``sources/construction.yml`` makes ``ingest_construction``. A new YAML is a new DAG."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, TaskGroup, get_parsing_context, task
from airflow.sdk.exceptions import AirflowFailException

from hrtp.sources import SourceConfig
from hrtp_airflow import words
from hrtp_airflow.days import TIME_ZONE
from hrtp_airflow.holds import ask_about
from hrtp_airflow.lineage import below_this_task
from hrtp_airflow.notes import note, noting_failure
from hrtp_airflow.partners import (
    INGEST,
    BrokenSource,
    project_settings,
    raw_asset,
    read_partner,
    runbook,
    source_files,
)
from hrtp_airflow.policies import BACKOFF, MAX_RETRY_DELAY, RETRY_DELAY, RetryTransient, deadline

log = logging.getLogger(__name__)


def ingest_dag(config: SourceConfig) -> DAG:
    """The DAG of one partner: its schedule and owner, its tasks, one asset."""
    asset = raw_asset(config)
    dag = DAG(
        dag_id=f"{INGEST}{config.source}",
        dag_display_name=f"Ingest: {config.name}",
        description=f"Take in the exports of {config.name}",
        schedule=CronTriggerTimetable(config.schedule, timezone=TIME_ZONE),
        catchup=False,  # an export holds everything so far: yesterday's slot has nothing that today's has not
        max_active_runs=1,
        tags=sorted({"ingest", config.kind, *([config.sector] if config.sector else []), *config.tags}),
        default_args={"owner": config.owner.name},
        owner_links={config.owner.name: f"mailto:{config.owner.email}"},
        params={
            "ask": Param(
                True, type="boolean", title="Ask about held files", description="start a question for each held file"
            )
        },
        deadline=deadline(config.deadline_minutes, f"{config.name} is not in"),
        doc_md=words.INGEST.format(
            source=config.source,
            name=config.name,
            kind=config.kind.replace("_", " "),
            sector=f", {config.sector.replace('_', ' ')}" if config.sector else "",
            owner=config.owner.name,
            email=config.owner.email,
            schedule=config.schedule,
            time_zone=TIME_ZONE,
            deadline_minutes=config.deadline_minutes,
            asset=asset.name,
            runbook=runbook(f"ingest.md#{config.kind.replace('_', '-')}"),
        ),
    )
    with dag:
        take_in(config, asset)
    return dag


def take_in(config: SourceConfig, asset: Asset) -> None:
    """Add the tasks of an ingest to the DAG in hand: ingest, feedback, and a question for each held file.

    The feedback is a teardown of nothing: it runs whatever became of the ingest, because a rejected file is what it is
    for, and unlike a plain task with ``all_done`` it does not decide the colour of the run: `ingest` still does. When
    the feedback itself fails, the questions after it are ``upstream_failed``, and the run is red as well.
    """

    @task(  # type: ignore[untyped-decorator] # airflow.sdk brings no types
        task_id="ingest",
        task_display_name="Fetch, check and load",
        doc_md=words.INGEST_TASK.format(runbook=runbook("ingest.md#by-reason")),
        outlets=[asset],
        retries=config.retries,
        retry_delay=RETRY_DELAY,
        retry_exponential_backoff=BACKOFF,
        max_retry_delay=MAX_RETRY_DELAY,
        retry_policy=RetryTransient(),
        execution_timeout=timedelta(minutes=config.timeout_minutes),
    )
    def ingest(source: str, **context: Any) -> dict[str, Any]:
        """Land, read, gate and append every new file of the source; its counts go with the asset."""
        from hrtp.digest import ingest_in_words
        from hrtp.forget import finish
        from hrtp.ingest import ingest_source
        from hrtp.outcomes import ingest_of, recorded
        from hrtp.process import die_with_parent

        die_with_parent()
        settings = project_settings()
        finish(settings, log.info)
        with recorded(settings, ingest_of(source)), noting_failure(context), below_this_task(context):
            summary = ingest_source(source, settings).summary()
        context["outlet_events"][asset].extra = summary
        note(context, ingest_in_words(summary))
        return summary

    @task(  # type: ignore[untyped-decorator]
        task_display_name="Tell the partner what to mend",
        doc_md=words.FEEDBACK_TASK,
        retries=config.retries,
        retry_delay=RETRY_DELAY,
        retry_policy=RetryTransient(),
        execution_timeout=timedelta(minutes=config.timeout_minutes),
    )
    def feedback(source: str, **context: Any) -> list[dict[str, Any]]:
        """Write and deliver what the partner has to mend; return the questions to ask, one a held file."""
        from hrtp.feedback import deliver_feedback, write_feedback
        from hrtp.outcomes import feedback_of, recorded
        from hrtp.process import die_with_parent
        from hrtp_airflow.holds import questions

        die_with_parent()
        settings = project_settings()
        with recorded(settings, feedback_of(source)):
            written = write_feedback(source, settings).summary()
            delivered = deliver_feedback(source, settings)
        log.info("feedback of %s: %s, %d delivered", source, written, delivered)
        return questions(source, settings) if context["params"]["ask"] else []

    loaded = ingest(config.source)
    # the ids of tasks stay as they are: logs, runbooks and the embedded night know them
    with TaskGroup("people", prefix_group_id=False, group_display_name="Tell and ask people"):
        asked = feedback(config.source)
        asked.as_teardown() >> ask_about(asked, doc_md=words.ASK_TASK)
    loaded >> asked


def broken_dag(broken: BrokenSource) -> DAG:
    """A DAG that stands in for a source whose YAML is wrong, and fails saying what is."""
    dag = DAG(
        dag_id=f"{INGEST}{broken.source}",
        schedule=CronTriggerTimetable("0 1 * * *", timezone=TIME_ZONE),
        catchup=False,
        max_active_runs=1,
        tags=["ingest", "broken_configuration"],
        doc_md=words.BROKEN.format(
            source=broken.source, problem=broken.problem, runbook=runbook("ingest.md#source-config")
        ),
    )
    with dag:

        @task(task_id="ingest", outlets=[raw_asset(broken)])  # type: ignore[untyped-decorator]
        def ingest(problem: str) -> None:
            """Fail, and say what is wrong with the source's YAML."""
            raise AirflowFailException(problem)

        ingest(broken.problem)
    return dag


def build_dags() -> dict[str, DAG]:
    """The DAGs of all partners; in a task's own process just the one that it runs."""
    wanted = get_parsing_context().dag_id
    dags: dict[str, DAG] = {}
    for source, path in source_files(project_settings().project).items():
        if wanted in (None, f"{INGEST}{source}"):
            partner = read_partner(path)
            dag = broken_dag(partner) if isinstance(partner, BrokenSource) else ingest_dag(partner)
            dags[dag.dag_id] = dag
    return dags


globals().update(build_dags())
