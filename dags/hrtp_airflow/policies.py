"""What happens to a task that failed, and to a run that is late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from hrtp.errors import HrtpError
from hrtp_airflow.notify import report_missed_deadline

#: Reason codes that pass by themselves. Whatever else has a code is about the data, the settings or the
#: partner's server being wrong, and would be just as wrong in two minutes.
TRANSIENT_CODES = frozenset({"NETWORK", "UNSTABLE", "CHECKSUM", "BI_PUBLISH_FAILED"})

RETRY_DELAY = timedelta(minutes=2)
MAX_RETRY_DELAY = timedelta(minutes=30)
#: Each wait is so many times the one before it.
BACKOFF = 2.0


class RetryTransient(RetryPolicy):  # type: ignore[misc] # airflow.sdk brings no types
    """Retry locks and the network; never retry bad data.

    Airflow's own `ExceptionRetryPolicy` decides by class; here the class is one (`HrtpError`) and its reason code
    says what happened, so the policy reads the code, also of the error that caused this one.
    """

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Decide by the first error in the chain of causes that speaks clearly."""
        seen: BaseException | None = exception
        coded = False
        while seen is not None:
            if isinstance(seen, HrtpError) and seen.code in TRANSIENT_CODES:
                return RetryDecision.retry(reason=f"{seen.code} passes by itself")
            if isinstance(seen, (ConnectionError, TimeoutError, BlockingIOError)) or _is_lock(seen):
                return RetryDecision.retry(reason=f"{type(seen).__name__} passes by itself")
            coded = coded or isinstance(seen, HrtpError)
            seen = seen.__cause__
        if coded:
            return RetryDecision.fail(reason="not a matter of time: a retry would fail the same way")
        return RetryDecision.default()


def _is_lock(error: BaseException) -> bool:
    """DuckDB's refusal to open a file that another process holds; by name, because its import is not free."""
    return type(error).__name__ == "IOException" and "lock" in str(error).lower()


def deadline(minutes: int, what: str) -> DeadlineAlert:
    """An alert when a run has not ended so many minutes after its slot.

    Runs without a slot (started by hand or by assets) have no deadline.
    """
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(minutes=minutes),
        callback=SyncCallback(report_missed_deadline, kwargs={"what": what}),
        name=what,
    )
