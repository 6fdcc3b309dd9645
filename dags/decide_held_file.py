"""A file that is held waits for a person: Airflow asks, and does as the answer says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from hrtp_airflow.holds import APPROVE, DECIDE, MOST_QUESTIONS, REJECT, AskForDecision, answer
from hrtp_airflow.notes import note
from hrtp_airflow.partners import decisions_asset, project_settings, runbook
from hrtp_airflow.policies import BACKOFF, MAX_RETRY_DELAY, RETRY_DELAY, RetryTransient

DOC = """
### A held file waits for a person

One run a file, started by the ingest that held it. The question stands under **Required Actions** until it is answered;
it keeps no worker busy and delays no other file and no night. Figures stay on the last good data meanwhile.

**Approve** loads the file: good rows count, bad rows go to quarantine. **Reject** ends the wait: the partner has to
send a new export. Either way the reason and your name are kept with the file, and the warehouse builds again at once.

Do not write anything about a participant into the reason: file name and row number are enough.

The same on the command line: `hrtp held`, `hrtp approve FILE --why ... --by ...`, `hrtp reject FILE ...`.

What to do: **[runbook]({runbook})**.
"""

QUESTION = """
**{{ params.file_name }}** of **{{ params.source }}** is held:

{% for line in params.why_held %}* {{ line }}
{% endfor %}
Its good rows load on approval, bad rows stay out: `hrtp quarantine list {{ params.source }}`.
Figures stay on the last good data until somebody decides. sha256 `{{ params.file_sha256 }}`
"""

#: How often an answer without a reason is met with the question once more.
ASK_AGAIN = 20
ASK_AGAIN_AFTER = timedelta(seconds=10)

decided = decisions_asset()

with DAG(
    dag_id=DECIDE,
    dag_display_name="Decide: is a held file loaded?",
    description="Ask a person whether a held file is loaded, and do so",
    schedule=None,
    # it runs only when an ingest has something to ask: paused, the question would never be seen
    is_paused_upon_creation=False,
    max_active_runs=MOST_QUESTIONS,
    max_active_tasks=MOST_QUESTIONS,
    tags=["ingest", "held", "human in the loop"],
    params={
        "source": Param(
            type="string", pattern="^[a-z][a-z0-9_]*$", title="Source", description="source id, as in `sources/`"
        ),
        "file_sha256": Param(
            type="string", pattern="^[0-9a-f]{64}$", title="File", description="sha256 of the held file"
        ),
        "file_name": Param("", type="string", title="File name", description="as the partner named it"),
        "why_held": Param(
            [], type="array", items={"type": "string"}, title="Why it is held", description="table and reason code"
        ),
    },
    default_args={
        "owner": "HRTP data desk",
        "retries": 2,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": BACKOFF,
        "max_retry_delay": MAX_RETRY_DELAY,
        "retry_policy": RetryTransient(),
    },
    doc_md=DOC.format(runbook=runbook("ingest.md#held-files")),
) as decide_held_file:
    # no default and no time limit: nothing is ever approved because nobody looked
    ask = AskForDecision(
        task_id="ask",
        task_display_name="Ask a person",
        doc_md="Waits for a person's answer under **Required Actions**, for as long as it takes; occupies no worker.",
        subject="Load the held file {{ params.file_name }} of {{ params.source }}?",
        body=QUESTION,
        options=[APPROVE, REJECT],
        # an answer without a reason is a failed try: ask again soon
        retries=ASK_AGAIN,
        retry_delay=ASK_AGAIN_AFTER,
        retry_exponential_backoff=0,
        params={
            "reason": Param("", type="string", title="Reason", description="needed; is kept; names no participant"),
            "name": Param("", type="string", title="Name", description="yours, where several people share this login"),
        },
    )

    @task(  # type: ignore[untyped-decorator]
        task_display_name="Do as the person said",
        outlets=[decided],
        execution_timeout=timedelta(minutes=30),
    )
    def decide(response: dict[str, Any], **context: Any) -> dict[str, Any]:
        """Keep the person's word and do as it says; a file that no longer waits is left as it is."""
        from hrtp.holds import decide as decide_file
        from hrtp.holds import list_held
        from hrtp.process import die_with_parent

        die_with_parent()
        settings = project_settings()
        source, sha256 = context["params"]["source"], context["params"]["file_sha256"]
        verdict, why, by = answer(response)
        states: list[str] = []
        if any(held.file_sha256 == sha256 for held in list_held(settings, source)):
            manifests = decide_file(settings, sha256, verdict, why=why, by=by)
            states = sorted(f"{m.entity}:{m.state}" for m in manifests)
        summary = {"source": source, "file_sha256": sha256, "verdict": verdict, "became": states}
        context["outlet_events"][decided].extra = summary
        note(context, f"{verdict} by {by}: {', '.join(states) or 'nothing was waiting any more'}")
        return summary

    decide(ask.output)
