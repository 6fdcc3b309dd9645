"""Held files: who is asked, what is asked, and what an answer says. The answer itself is `hrtp.holds.decide`'s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

from hrtp.settings import Settings

DECIDE = "decide_held_file"
APPROVE, REJECT = "Approve", "Reject"
VERDICTS: dict[str, Literal["approve", "reject"]] = {APPROVE: "approve", REJECT: "reject"}
#: Most files that can wait for an answer at once; each costs a row in the metadata database and no process.
MOST_QUESTIONS = 200


def questions(source: str, settings: Settings) -> list[dict[str, Any]]:
    """A run of the deciding DAG for each file of a source that is held: its id, which is the file's, and its conf.

    The id makes asking idempotent: the same file is asked about once, however often it is found held.
    """
    from hrtp.holds import list_held

    files: dict[str, list[Any]] = {}
    for held in list_held(settings, source):
        if not held.is_superseded:
            files.setdefault(held.file_sha256, []).append(held)
    return [
        {
            "trigger_run_id": f"held__{source}__{sha256[:16]}",
            "conf": {
                "source": source,
                "file_sha256": sha256,
                "file_name": tables[0].file_name,
                "why_held": [
                    f"{t.entity}: {t.reason} ({t.detail})" if t.detail else f"{t.entity}: {t.reason}" for t in tables
                ],
            },
        }
        for sha256, tables in sorted(files.items())
    ]


def ask_about(asked: Any, *, doc_md: str) -> Any:
    """Start the deciding DAG for each question, and wait for none; a file that was asked about is skipped."""
    return TriggerDagRunOperator.partial(
        task_id="ask",
        task_display_name="Ask a person about held files",
        doc_md=doc_md,
        trigger_dag_id=DECIDE,
        logical_date=None,
        skip_when_already_exists=True,
        wait_for_completion=False,
        retries=2,
    ).expand_kwargs(asked)


class AskForDecision(HITLOperator):  # type: ignore[misc] # airflow brings no types
    """Asks a person; an answer without a reason fails the try, and the next one asks again.

    Airflow itself cannot demand an entry here: it validates the empty form before it asks.
    """

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        """Take the answer only with a reason."""
        super().validate_params_input(params_input)
        require_reason(params_input)


def require_reason(given: Mapping[str, Any]) -> str:
    """The reason in an answer's form.

    Raises:
        ValueError: where it is missing.
    """
    why = str(given.get("reason") or "").strip()
    if not why:
        raise ValueError("a decision needs a reason; the question is asked again")
    return why


def answer(response: Mapping[str, Any]) -> tuple[Literal["approve", "reject"], str, str]:
    """What a response says: verdict, reason, and name.

    The name is the one of the user who answered, as Airflow knows it; a name that was typed stands beside it, for
    where several people share one login.

    Raises:
        ValueError: without a choice, or without a reason.
    """
    (chosen,) = response["chosen_options"]
    given = response.get("params_input") or {}
    why, typed = require_reason(given), str(given.get("name") or "").strip()
    user = response.get("responded_by_user") or {}
    login = str(user.get("name") or user.get("id") or "").strip()
    by = f"{typed} (Airflow: {login})" if typed and login and typed != login else typed or login
    if not by:
        raise ValueError("a decision needs a name; clear the task `ask` to be asked again")
    return VERDICTS[chosen], why, by
