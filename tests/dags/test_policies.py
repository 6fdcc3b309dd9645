"""Locks and the network are tried again; bad data is not."""

from __future__ import annotations

import pytest

from hrtp.errors import BuildFailed, HrtpError, IngestFailed, TransportError


def decide(error: BaseException) -> str:
    """What the policy does about an error."""
    from hrtp_airflow.policies import RetryTransient

    return str(RetryTransient().evaluate(error, try_number=1, max_tries=3).action.value)


def caused(error: BaseException, cause: BaseException) -> BaseException:
    """``error`` as if raised from ``cause``."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("code", ["NETWORK", "UNSTABLE", "CHECKSUM"])
def test_a_transport_that_may_recover_is_tried_again(code: str) -> None:
    assert decide(TransportError(code, "the server hung up")) == "retry"
    assert decide(IngestFailed("construction: the server hung up", code=code)) == "retry"


@pytest.mark.parametrize("code", ["AUTH", "SECURITY", "MISSING", "LISTING_DENIED", "SETTING"])
def test_a_server_that_refuses_us_is_not_asked_again(code: str) -> None:
    assert decide(TransportError(code, "no")) == "fail"


def test_a_rejected_file_is_not_read_again() -> None:
    assert decide(IngestFailed("participants rejected as NOT_CSV")) == "fail"


def test_a_build_whose_tests_failed_is_not_repeated() -> None:
    assert decide(BuildFailed("1 of 300 dbt nodes did not pass")) == "fail"


def test_a_build_that_found_the_warehouse_locked_is_repeated() -> None:
    import duckdb

    lock = duckdb.IOException("Could not set lock on file: Conflicting lock is held in PID 1")
    assert decide(lock) == "retry"
    assert decide(caused(BuildFailed("could not open the candidate"), lock)) == "retry"


def test_a_broken_connection_deep_in_the_chain_of_causes_is_seen() -> None:
    assert decide(caused(HrtpError("could not list"), caused(OSError(), ConnectionResetError()))) == "retry"


def test_an_error_that_nobody_foresaw_gets_the_retries_of_its_task() -> None:
    assert decide(ZeroDivisionError()) == "default"


def test_a_deadline_can_be_found_again_by_the_worker_that_reports_it() -> None:
    from hrtp_airflow.policies import deadline

    alert = deadline(90, "the marts are not published")
    assert alert.callback.path == "hrtp_airflow.notify.report_missed_deadline"
    assert alert.callback.kwargs == {"what": "the marts are not published"}
