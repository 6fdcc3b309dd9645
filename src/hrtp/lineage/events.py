"""Runs, jobs and datasets of our steps as OpenLineage's own classes, which are made from its specification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any, Literal

import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState, set_producer
from openlineage.client.facet_v2 import (
    documentation_job,
    error_message_run,
    job_type_job,
    ownership_job,
    parent_run,
    processing_engine_run,
    source_code_location_job,
)
from openlineage.client.generated.base import RunFacet
from openlineage.client.uuid import generate_new_uuid

from hrtp.lineage import outbox
from hrtp.lineage.names import namespace
from hrtp.lineage.parent import Parent, current_parent
from hrtp.settings import Settings

#: Who says so: named, not located, for the product has no address of its own.
PRODUCER = f"urn:hrtp:warehouse:{version('hrtp')}"
SCHEMA = "urn:hrtp:facet:HrtpRunFacet"
Ending = Literal["COMPLETE", "FAIL", "ABORT"]

set_producer(PRODUCER)


@attr.define
class HrtpRunFacet(RunFacet):
    """What is ours alone: the day that figures speak of, a file's sha256 and day, and the counts of its rows."""

    facts: dict[str, Any] = attr.field(factory=dict)

    @staticmethod
    def _get_schema() -> str:
        return SCHEMA


@dataclass(frozen=True)
class Work:
    """One piece of work of a step: a file that loaded, a model that was built, a mart that was published.

    Attributes:
        job: its name, stable from night to night.
        inputs: datasets that it read.
        outputs: datasets that it wrote.
        kind: of job, in a word: ``LOAD``, ``MODEL``, ``PUBLISH``.
        integration: the tool that did it.
        began: when it began; with ``ended`` None it took no time that anybody measured.
        ended: when it ended.
        ending: ``COMPLETE``, ``FAIL``, or ``ABORT`` for what waits for a person.
        reason: reason code of what did not complete.
        facts: for `HrtpRunFacet`.
        path: source code below the checkout.
        description: what the job does.
        owner: who answers for it.
    """

    job: str
    inputs: Sequence[InputDataset]
    outputs: Sequence[OutputDataset]
    kind: str
    integration: str = "HRTP"
    began: datetime | None = None
    ended: datetime | None = None
    ending: Ending = "COMPLETE"
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None
    description: str | None = None
    owner: str | None = None


class Events:
    """The events of one step and of its pieces of work, which are runs below it."""

    def __init__(self, settings: Settings, job: str, began: datetime) -> None:
        self.settings = settings
        self.job = job
        self.began = began
        self._run_id = str(generate_new_uuid())
        self._asked_by = current_parent()

    def send_start(self) -> None:
        """Say that the step began."""
        outbox.post(self.settings, [self._step(RunState.START, self.began)])

    def send_end(self, work: Iterable[Work], code: str | None) -> None:
        """Say what the step did and how it ended; ``code`` None where it ended well."""
        events = [event for piece in work for event in self._pair(piece)]
        state = RunState.COMPLETE if code is None else RunState.FAIL
        outbox.post(self.settings, [*events, self._step(state, datetime.now(UTC), code)])

    def _step(self, state: RunState, at: datetime, code: str | None = None) -> RunEvent:
        facets: dict[str, Any] = {
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
                version=version("hrtp"), name="hrtp", openlineageAdapterVersion=version("openlineage-python")
            )
        }
        if self._asked_by is not None:
            facets["parent"] = _parent_facet(self._asked_by)
        if code is not None:
            facets["errorMessage"] = _error(code)
        job_type = job_type_job.JobTypeJobFacet(processingType="BATCH", integration="HRTP", jobType="STEP")
        return RunEvent(
            eventTime=at.isoformat(),
            eventType=state,
            run=Run(self._run_id, facets),
            job=Job(namespace(), self.job, {"jobType": job_type}),
        )

    def _pair(self, work: Work) -> tuple[RunEvent, RunEvent]:
        ended = work.ended or datetime.now(UTC)
        asked_by = self._asked_by
        above = Parent(
            namespace(),
            self.job,
            self._run_id,
            (asked_by.root_job or asked_by.job) if asked_by else None,
            (asked_by.root_run_id or asked_by.run_id) if asked_by else None,
        )
        parent = _parent_facet(above)
        run_id = str(generate_new_uuid(work.began or self.began))
        start = RunEvent(
            eventTime=(work.began or self.began).isoformat(),
            eventType=RunState.START,
            run=Run(run_id, {"parent": parent}),
            job=Job(namespace(), work.job),
        )
        facets: dict[str, Any] = {"parent": parent}
        if work.facts:
            facets["hrtp"] = HrtpRunFacet(facts={key: _plain(value) for key, value in work.facts.items()})
        if work.reason is not None:
            facets["errorMessage"] = _error(work.reason)
        end = RunEvent(
            eventTime=ended.isoformat(),
            eventType=RunState[work.ending],
            run=Run(run_id, facets),
            job=Job(namespace(), work.job, self._job_facets(work)),
            inputs=list(work.inputs),
            outputs=list(work.outputs),
        )
        return start, end

    def _job_facets(self, work: Work) -> dict[str, Any]:
        facets: dict[str, Any] = {
            "jobType": job_type_job.JobTypeJobFacet(
                processingType="BATCH", integration=work.integration, jobType=work.kind
            )
        }
        if work.path is not None:
            facets["sourceCodeLocation"] = source_code_location_job.SourceCodeLocationJobFacet(
                type="git",
                url=(self.settings.project / work.path).as_uri(),
                path=work.path,
                version=version("hrtp"),
            )
        if work.description:
            facets["documentation"] = documentation_job.DocumentationJobFacet(description=work.description)
        if work.owner:
            facets["ownership"] = ownership_job.OwnershipJobFacet(owners=[ownership_job.Owner(name=work.owner)])
        return facets


def _parent_facet(parent: Parent) -> parent_run.ParentRunFacet:
    root = None
    if parent.root_job is not None and parent.root_run_id is not None:
        root = parent_run.Root(
            run=parent_run.RootRun(runId=parent.root_run_id),
            job=parent_run.RootJob(namespace=parent.namespace, name=parent.root_job),
        )
    return parent_run.ParentRunFacet(
        run=parent_run.Run(runId=parent.run_id),
        job=parent_run.Job(namespace=parent.namespace, name=parent.job),
        root=root,
    )


def _error(code: str) -> error_message_run.ErrorMessageRunFacet:
    """A reason code alone: texts of errors name files and rows."""
    return error_message_run.ErrorMessageRunFacet(message=code, programmingLanguage="PYTHON")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
