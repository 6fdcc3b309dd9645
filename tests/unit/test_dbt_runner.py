"""One call of dbt gets the settings that its profile asks for, and leaves none of them behind."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dbt.cli.main
import pytest

from hrtp.dbt_runner import run_dbt
from hrtp.settings import load_settings


@pytest.mark.parametrize("fails", [False, True])
def test_the_environment_of_a_build_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    seen: dict[str, str] = {}

    class Runner:
        def __init__(self, callbacks: Any) -> None:
            pass

        def invoke(self, arguments: list[str]) -> SimpleNamespace:
            seen.update(os.environ)
            return SimpleNamespace(exception=RuntimeError("a build that fails") if fails else None, result=None)

    monkeypatch.setattr(dbt.cli.main, "dbtRunner", Runner)
    monkeypatch.setenv("HRTP_DBT_PATH", "of someone else")
    monkeypatch.delenv("HRTP_DBT_FOLDERS", raising=False)
    (tmp_path / "checkout" / "sources").mkdir(parents=True)
    settings = load_settings(home=tmp_path, project=tmp_path / "checkout")
    before = dict(os.environ)
    try:
        run_dbt(settings, tmp_path / "candidate.duckdb", date(2026, 9, 30), print)
    except RuntimeError:
        assert fails
    assert seen["HRTP_DBT_PATH"] == str(tmp_path / "candidate.duckdb")
    assert seen["HRTP_DBT_FOLDERS"].split(os.pathsep)[0] == str(tmp_path / "checkout" / "seeds")
    assert dict(os.environ) == before
