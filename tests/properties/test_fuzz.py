"""Spoiled files: accounted for to the row, or rejected with a code. The long run: ``tests.properties.fuzz``."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from hrtp.reading import EntityTable
from tests.properties import judged
from tests.properties.corpus import PROJECT, Seed, corpus
from tests.properties.fuzz import minimised, spoilt
from tests.properties.judged import CODES, Tally, Unaccounted, read_and_judge
from tests.properties.strict import strict_records

FILES = 1500


@pytest.fixture(scope="module")
def seeds() -> list[Seed]:
    return corpus()


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """One run in a process of its own, since libraries with threads do not survive a fork."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.properties.fuzz", "--files", str(FILES), "--run", "20260930"],
        cwd=PROJECT, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    *failures, last = run.stdout.splitlines() or [run.stderr]
    assert run.returncode == 0, "\n".join([*failures, run.stderr[-2000:]])
    result: dict[str, Any] = json.loads(last)
    return result


def test_every_spoiled_file_is_accounted_for_or_rejected_with_a_code(figures: dict[str, Any]) -> None:
    assert (figures["files"], figures["failures"]) == (FILES, 0)
    assert set(figures["codes"]) <= CODES


def test_the_run_reaches_what_it_means_to_reach(figures: dict[str, Any]) -> None:
    assert figures["tables"]["reconciled"] > FILES / 4
    assert figures["tables"]["rejected"] > FILES / 4
    assert figures["cells_checked"] > 20 * FILES
    assert len(figures["codes"]) >= 12
    assert figures["gated"] >= FILES / 40
    assert sum(figures["ingested"].values()) >= FILES / 30
    assert set(figures["ingested"]) >= {"loaded", "rejected"}


def test_no_spoiled_file_makes_memory_explode(figures: dict[str, Any]) -> None:
    assert figures["peak_mb"] < 1500


def test_a_file_of_a_run_is_the_same_at_every_call(seeds: list[Seed]) -> None:
    others = corpus()
    assert [spoilt(1, n, seeds)[1] for n in range(60)] == [spoilt(1, n, others)[1] for n in range(60)]


def test_every_good_file_loads_whole_and_agrees_with_the_second_reading(seeds: list[Seed]) -> None:
    tally = Tally()
    for seed in seeds:
        read_and_judge(seed, seed.data, tally)
    # one workbook of the corpus holds two of seven sheets
    assert tally.codes == {"SHEET_MISSING": 5}
    assert tally.tables_checked == tally.tables["reconciled"] >= len(seeds)


def _drop_a_row(table: EntityTable) -> None:
    table.frame = table.frame.iloc[1:]
    table.rows_in -= 1


def _change_a_value(table: EntityTable) -> None:
    table.frame.loc[0, "participant_id"] = "someone else"


def _move_a_value(table: EntityTable) -> None:
    table.frame["participant_id"] = table.frame["participant_id"].shift(1)


def _blank_a_value(table: EntityTable) -> None:
    table.frame.loc[3, "service_type"] = None


def _count_wrongly(table: EntityTable) -> None:
    table.rows_blank += 1


def _invent_a_code(table: EntityTable) -> None:
    table.frame.loc[2, "_read_issue"] = "WHATEVER"


@pytest.mark.parametrize(
    "misread", [_drop_a_row, _change_a_value, _move_a_value, _blank_a_value, _count_wrongly, _invent_a_code]
)
def test_a_silent_misread_is_caught(misread: Any, seeds: list[Seed], monkeypatch: pytest.MonkeyPatch) -> None:
    (seed,) = [s for s in seeds if s.name == "services_20260930.zip"]

    def misreading(*arguments: Any) -> Any:
        tables = list(real(*arguments))
        misread(tables[0])
        return tables

    real = judged.read_file
    monkeypatch.setattr(judged, "read_file", misreading)
    with pytest.raises(Unaccounted):
        read_and_judge(seed, seed.data, Tally())


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        ("a,b\n\n,\n", [["a", "b"], [], ["", ""]]),
        ('"a ""b""","c\r\nd"\n', [['a "b"', "c\r\nd"]]),
        ('a,""\n"",b', [["a", ""], ["", "b"]]),
        ('a"b,c\n', None),
        ('"a"b,c\n', None),
        ('"a,b\n', None),
    ],
)
def test_the_second_reading_follows_rfc_4180(text: str, records: list[list[str]] | None) -> None:
    assert strict_records(text, ",") == records


def test_a_failing_file_is_cut_down_to_what_fails(seeds: list[Seed]) -> None:
    assert minimised(seeds[0], b"some bytes\x00 and more", lambda data: b"\x00" in data) == b"\x00"
