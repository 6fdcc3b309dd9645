"""The list of organisations that may be one, as a person reads it."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from hrtp.cli import app
from hrtp.settings import load_settings

PAIR = {
    "left_name": "Harbor [Electric]",
    "right_name": "Harbour [Electric]",
    "reason": "SPELLING",
    "similarity_pct": 94,
    "left_ein": None,
    "right_ein": "95-1111112",
    "is_blocked": False,
    "left_sources": "construction|healthcare",
    "right_sources": "technology",
    "left_n_mentions": 3,
    "right_n_mentions": 1,
    "is_partner_twice": True,
    "is_employer_twice": True,
    "left_organization_key": "org_a",
    "right_organization_key": "org_b",
}


def publish(home: Path, pairs: list[dict[str, object]]) -> None:
    settings = load_settings(home=home)
    settings.make_zones()
    with duckdb.connect(str(settings.published / "marts.duckdb")) as connection:
        connection.execute("create schema marts.marts")
        columns = ", ".join(
            f"{name} {'boolean' if isinstance(v, bool) else 'bigint' if isinstance(v, int) else 'varchar'}"
            for name, v in PAIR.items()
        )
        connection.execute(f"create table marts.marts.organization_review ({columns})")
        for pair in pairs:
            marks = ", ".join("?" for _ in PAIR)
            connection.execute(f"insert into marts.marts.organization_review values ({marks})", list(pair.values()))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HRTP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_pair_says_what_is_asked_and_what_is_at_stake(run: Path) -> None:
    publish(run, [PAIR, {**PAIR, "reason": "SAME_NAME", "is_blocked": True, "left_organization_key": "org_c"}])
    done = CliRunner().invoke(app, ["organizations", "review"])
    assert done.exit_code == 0
    assert "Harbor [Electric]" in done.stdout
    assert "construction, healthcare" in done.stdout
    assert "a letter or two differ" in done.stdout
    assert "as partner and employer" in done.stdout
    assert "no alias merges two EINs" in done.stdout
    assert "seeds/organization_aliases.csv" in done.stdout


def test_a_program_reads_the_same_pairs(run: Path) -> None:
    publish(run, [PAIR])
    done = CliRunner().invoke(app, ["organizations", "review", "--json"])
    assert json.loads(done.stdout) == [PAIR]


def test_where_nothing_looks_alike_it_says_so(run: Path) -> None:
    publish(run, [])
    assert "no two organisations look alike" in CliRunner().invoke(app, ["organizations", "review"]).stdout
