"""What dbt says of a build: its warnings and errors reach the log file, its errors the task's log as well."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hrtp.dbt_runner import _arguments, _telling
from hrtp.settings import load_settings
from tests.county import AS_OF

PROJECT = Path(__file__).resolve().parents[2]


def test_warnings_and_errors_are_written_once_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(home=tmp_path, project=PROJECT)
    for _ in range(2):  # a build calls dbt more than once
        with _telling(settings) as tell:
            for level in ("debug", "info", "warn", "error"):
                tell(SimpleNamespace(info=SimpleNamespace(level=level, msg=f"100 % {level}")))
    lines = (tmp_path / "logs" / "dbt" / "dbt.log").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == ["[WARNING] 100 % warn", "[ERROR] 100 % error"] * 2
    assert capsys.readouterr().out == "100 % error\n" * 2


def test_dbt_itself_writes_no_second_log(tmp_path: Path) -> None:
    arguments = _arguments(load_settings(home=tmp_path, project=PROJECT), "build", AS_OF)
    for option in ("--log-level", "--log-level-file"):
        assert arguments[arguments.index(option) + 1] == "none"
