"""One DAG a partner: ``sources/construction.yml`` makes ``ingest_construction``. A new YAML is a new DAG."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, get_parsing_context, task
from airflow.sdk.exceptions import AirflowFailException

from hrtp.sources import SourceConfig
from hrtp_airflow.days import TIME_ZONE
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

DOC = """
### {name}

Takes in what **{name}** (`{source}`, {kind}{sector}) has delivered since the last run: land the bytes, read them
strictly, gate every row, append to raw or to quarantine. Safe to run again at any time: a file counts once, by its
sha256.

| | |
|---|---|
| Answers for the files | {owner} <{email}> |
| Slot | `{schedule}` {time_zone} |
| Late alert | {deadline_minutes} minutes after the slot |
| Emits | `{asset}` |
| Configured in | `sources/{source}.yml` |

**A red run** means that a file was rejected or could not be fetched. Everything else of this source, and every
other source, is loaded; figures stay on the last good file and say so.

Runbook: [{runbook}]({runbook})
"""

BROKEN_DOC = """
### `sources/{source}.yml` cannot be used

{problem}

Nothing of this source is taken in until that file is right. Runbook: [{runbook}]({runbook})
"""


def ingest_dag(config: SourceConfig) -> DAG:
    """The DAG of one partner: its schedule and owner, one task, one asset."""
    asset = raw_asset(config.source)
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
        deadline=deadline(config.deadline_minutes, f"{config.name} is not in"),
        doc_md=DOC.format(
            source=config.source,
            name=config.name,
            kind=config.kind.replace("_", " "),
            sector=f" for {config.sector}" if config.sector else "",
            owner=config.owner.name,
            email=config.owner.email,
            schedule=config.schedule,
            time_zone=TIME_ZONE,
            deadline_minutes=config.deadline_minutes,
            asset=asset.uri,
            runbook=runbook(f"ingest.md#{config.kind.replace('_', '-')}"),
        ),
    )
    with dag:
        take_in(config, asset)
    return dag


def take_in(config: SourceConfig, asset: Asset) -> None:
    """Add the one task of an ingest to the DAG in hand."""

    @task(  # type: ignore[untyped-decorator] # airflow.sdk brings no types
        task_id="ingest",
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
        from hrtp.ingest import ingest_source
        from hrtp.process import die_with_parent

        die_with_parent()
        summary = ingest_source(source, project_settings()).summary()
        context["outlet_events"][asset].extra = summary
        return summary

    ingest(config.source)


def broken_dag(broken: BrokenSource) -> DAG:
    """A DAG that stands in for a source whose YAML is wrong, and fails saying what is."""
    dag = DAG(
        dag_id=f"{INGEST}{broken.source}",
        schedule=CronTriggerTimetable("0 1 * * *", timezone=TIME_ZONE),
        catchup=False,
        max_active_runs=1,
        tags=["ingest", "broken_configuration"],
        doc_md=BROKEN_DOC.format(
            source=broken.source, problem=broken.problem, runbook=runbook("ingest.md#source-config")
        ),
    )
    with dag:

        @task(task_id="ingest", outlets=[raw_asset(broken.source)])  # type: ignore[untyped-decorator]
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
