"""The house's own rules: imports run one way, marts never read staging, the command line starts in a blink."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrtp.errors import SettingsError, SourceConfigError
from hrtp.settings import load_settings
from hrtp.sources import load_source, load_sources
from hrtp.sources.new import new_source

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "hrtp"
HEAVY = {
    "great_expectations",
    "dbt",
    "airflow",
    "pandas",
    "duckdb",
    "deltalake",
    "pyarrow",
    "scipy",
    "faker",
    "openpyxl",
    "splink",
    "altair",
    "nicknames",
    "psycopg",
    "adbc_driver_manager",
    "jinja2",
    "babel",
    "vl_convert",
    "metricflow",
    "metricflow_semantics",
    "openlineage",
}
#: From the ground up: a room may import rooms of its own floor or below.
FLOORS = [
    {
        "errors",
        "process",
        "steps",
        "locks",
        "disk",
        "duck",
        "fullscan",
        "lockdown",
        "cells",
        "nodes",
        "workbooks",
        "yamlfiles",
    },
    {"settings", "transport"},
    {"sources", "contracts", "landing", "outcomes", "synthetic"},
    {"reading", "raw", "seals", "gate", "identity", "drilldowns"},
    {"submissions", "redaction", "lineage"},
    {"judge"},
    {"ingest", "build", "dbt_runner", "variants", "reference"},
    {"publish", "feedback"},
    {"bi"},
    {"marts", "doctor", "docs", "pictures"},
    {"restore", "rotate", "retrain"},
    {
        "holds",
        "forget",
        "status",
        "scorecard",
        "explain",
        "metrics",
        "samples",
        "render",
        "nightly",
        "organizations",
        "page",
        "stewardship",
    },
    {"alerts", "digest"},
    {"cli"},
]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_imports_only_from_its_floor_or_below() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for module in imported(path):
            parts = module.split(".")
            if parts[0] == "hrtp" and len(parts) > 1 and floor_of(parts[1]) > floor_of(room):
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert wrong == []


def test_the_product_never_imports_airflow() -> None:
    assert [p for p in PACKAGE.rglob("*.py") if any(m.split(".")[0] == "airflow" for m in imported(p))] == []


def test_marts_never_read_staging_or_raw() -> None:
    models = list((PROJECT / "dbt_project" / "models" / "marts").rglob("*.sql"))
    assert len(models) > 40
    reads = re.compile(r"ref\(\s*['\"]stg_|source\(")
    assert [path.name for path in models if reads.search(path.read_text())] == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from hrtp.cli import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"print(sorted(set({sorted(HEAVY)!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_file_hides_two_things() -> None:
    files = [*PACKAGE.rglob("*.py"), *(PROJECT / "dags").rglob("*.py"), *(PROJECT / "dbt_project").rglob("*.sql")]
    assert [f"{p.name}: {n}" for p in files if (n := len(p.read_text().splitlines())) > 400] == []


def test_no_dag_file_has_a_name_that_dbt_would_import() -> None:
    assert list((PROJECT / "dags").rglob("dbt_*.py")) == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HRTP_AS_OF", "yesterday", "HRTP_AS_OF"),
        ("HRTP_ENGINE", "abacus", "HRTP_ENGINE"),
        ("HRTP_THREADS", "0", "HRTP_THREADS"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(name: str, value: str, says: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "hrtp"), "status"],
        env=os.environ | {name: value},
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_a_setting_that_is_no_project_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HRTP_PROJECT"):
        load_settings(project=tmp_path)


def test_the_nine_sources_are_valid() -> None:
    assert len(load_sources(PROJECT)) == 9


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source: [", "not readable YAML"),
        ("- a", "must be a mapping"),
        ("source: other\n", "name"),
        ("source: x\nname: X\nkind: ajcc\nowner: {name: a, email: b}\ntransport: {url: 'file:x'}\n", "owner.email"),
    ],
)
def test_a_wrong_source_file_is_named_with_its_field(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "x.yml"
    path.write_text(text)
    with pytest.raises(SourceConfigError, match=says) as failure:
        load_source(path)
    assert "x.yml" in str(failure.value)


def test_a_new_source_is_valid_from_its_first_line_and_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    path = new_source(tmp_path, "ajcc_east_county", "ajcc", None)
    assert load_source(path).source == "ajcc_east_county"
    with pytest.raises(SourceConfigError, match="already"):
        new_source(tmp_path, "ajcc_east_county", "ajcc", None)
    with pytest.raises(SourceConfigError, match="sector"):
        new_source(tmp_path, "media", "sector_intermediary", None)
