"""The day that a run speaks of comes from its slot, never from the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest


def test_a_slot_is_a_day_in_los_angeles_also_after_midnight_in_utc() -> None:
    from hrtp_airflow.days import as_of

    evening = datetime(2026, 10, 1, 6, 30, tzinfo=UTC)  # 23:30 on September 30 there
    assert as_of(asked=None, setting=None, logical_date=evening, run_after=evening) == date(2026, 9, 30)


def test_the_day_turns_at_midnight_there_also_on_the_day_that_summer_time_ends() -> None:
    from hrtp_airflow.days import as_of

    before = datetime(2026, 11, 2, 7, 59, tzinfo=UTC)
    after = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # PST since the morning before: eight hours behind, not seven
    assert as_of(asked=None, setting=None, logical_date=before, run_after=before) == date(2026, 11, 1)
    assert as_of(asked=None, setting=None, logical_date=after, run_after=after) == date(2026, 11, 2)


def test_a_run_that_assets_started_speaks_of_the_day_on_which_the_last_of_them_came() -> None:
    from hrtp_airflow.days import as_of

    came = datetime(2026, 10, 1, 11, 0, tzinfo=UTC)
    assert as_of(asked=None, setting=None, logical_date=None, run_after=came) == date(2026, 10, 1)


def test_the_setting_outranks_the_slot_and_the_run_s_configuration_outranks_both() -> None:
    from hrtp_airflow.days import as_of

    slot = datetime(2026, 10, 1, 13, 0, tzinfo=UTC)
    pinned = date(2026, 9, 30)
    assert as_of(asked=None, setting=pinned, logical_date=slot, run_after=slot) == pinned
    assert as_of(asked="2026-06-30", setting=pinned, logical_date=slot, run_after=slot) == date(2026, 6, 30)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    from hrtp_airflow.days import as_of

    naive = datetime(2026, 10, 1, 6)
    with pytest.raises(ValueError, match="time zone"):
        as_of(asked=None, setting=None, logical_date=naive, run_after=naive)


def test_a_task_finds_the_day_in_its_context() -> None:
    from hrtp_airflow.days import as_of_run

    run = SimpleNamespace(logical_date=None, run_after=datetime(2026, 10, 1, 13, 0, tzinfo=UTC))
    assert as_of_run({"dag_run": run, "params": {"as_of": None}}, None) == date(2026, 10, 1)
    assert as_of_run({"dag_run": run, "params": {"as_of": "2026-03-31"}}, None) == date(2026, 3, 31)
