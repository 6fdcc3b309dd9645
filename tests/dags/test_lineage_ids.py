"""Our lineage hangs below the very runs that Airflow's OpenLineage provider would tell of."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from hrtp.lineage.parent import current_parent

SLOT = datetime(2026, 9, 30, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize("slot", [SLOT, None])
def test_parent_and_root_are_those_of_the_provider(slot: datetime | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.openlineage.plugins import macros

    from hrtp_airflow.lineage import below_this_task

    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__NAMESPACE", "hrtp")
    run = SimpleNamespace(logical_date=slot, run_after=SLOT, clear_number=2, conf={})
    task = SimpleNamespace(
        dag_id="warehouse",
        task_id="build",
        try_number=3,
        map_index=-1,
        dag_run=run,
        get_template_context=lambda: {"dag_run": run},
    )
    with below_this_task({"ti": task, "dag_run": run}):
        parent = current_parent()
    assert parent is not None
    assert current_parent() is None
    assert f"{parent.namespace}/{parent.job}/{parent.run_id}" == macros.lineage_parent_id(task)
    assert f"{parent.namespace}/{parent.root_job}/{parent.root_run_id}" == macros.lineage_root_parent_id(task)
