"""Sequences of nights against plain-Python books. The long run is ``python -m tests.properties.long``."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import pytest

from tests.properties.corpus import PROJECT
from tests.properties.forked import Standing
from tests.properties.ledger_oracle import Books, Export, Judged
from tests.properties.machine import Partners
from tests.properties.partners import ALL, AS_OF, FIRST_DAY, first_rows, written

EXAMPLES, STEPS = 16, 12


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """One run in a process of its own, since libraries with threads do not survive a fork."""
    command = [sys.executable, "-m", "tests.properties.long", "--seed", "20260930"]
    run = subprocess.run(
        [*command, "--examples", str(EXAMPLES), "--steps", str(STEPS)],
        cwd=PROJECT, capture_output=True, text=True, timeout=550,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return result


def test_after_every_sequence_of_nights_what_stands_is_what_the_books_say(figures: dict[str, Any]) -> None:
    assert figures["examples"] >= EXAMPLES
    assert figures["nights"] > 3 * EXAMPLES
    assert figures["checks"] > 2 * EXAMPLES


def test_the_sequences_reach_what_they_mean_to_reach(figures: dict[str, Any]) -> None:
    rules = {"deliver", "redeliver", "correct", "delete", "move sector", "late", "restore", "killed", "rename"}
    assert {name for name in rules if not figures.get(name)} == set()
    assert figures.get("approve", 0) + figures.get("reject", 0) >= 2
    outcomes = {name for name in figures if name.startswith("seen ")}
    assert outcomes >= {"seen loaded", "seen held HELD_QUARANTINE_SHARE", "seen rejected AMBIGUOUS"}
    # a late export is refused; forced by an operator, what it says of days after its own stays in quarantine
    assert "seen rejected OUT_OF_ORDER" in outcomes
    assert figures.get("approve OUT_OF_ORDER") and figures["ahead"]


def _lose_a_row(found: Standing) -> None:
    next(iter(found.raw_rows.values())).pop()


def _forget_a_file(found: Standing) -> None:
    found.files.popitem()


def _show_an_old_row(found: Standing) -> None:
    next(iter(next(iter(found.current.values())).values()))["participant_id"] = "an older one"


def _count_a_bad_row(found: Standing) -> None:
    found.bad_rows[next(iter(found.files))] = {2}


class _Told:
    """In the place of a deployment: what stands is what the test says."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    def standing(self, *_: Any) -> Standing:
        return self._standing


@pytest.mark.parametrize("wrong", [None, _lose_a_row, _forget_a_file, _show_an_old_row, _count_a_bad_row])
def test_a_difference_from_the_books_is_caught(wrong: Any) -> None:
    partners, standing = Partners(), Standing()
    day = partners.today
    for number, (source, entity) in enumerate(ALL):
        export = partners._export((source, entity), day)
        partners.books.night(source, {"x": (f"{number}", export)})
        (file,) = [f for f in partners.books.files[source] if f.export.entity == entity]
        standing.files[source, entity, file.sha256] = {
            "state": "loaded", "reason": None, "counts": file.counts, "day": day, "mode": export.mode,
        }  # fmt: skip
        standing.raw_rows[source, entity, file.sha256] = set(file.loaded)
        for as_of in (day, AS_OF):
            current = {key: dict(row) for key, row in partners.books.current(source, entity, as_of).items()}
            standing.current[source, entity, as_of] = current
    partners.home = _Told(standing)  # type: ignore[assignment]
    if wrong is None:
        partners._check()
    else:
        wrong(standing)
        with pytest.raises(AssertionError):
            partners._check()
    partners.books.files.clear()
    partners.teardown()


def test_the_books_follow_the_decisions_on_holds_and_on_the_same_bytes_again() -> None:
    books, stream = Books(AS_OF), ("construction", "enrollments")
    rows = list(first_rows(*stream).values())

    def deliver(day: date, kept: list[dict[str, str]], number: int = 0) -> Judged:
        export = Export(*stream, day, number, "full", tuple(kept))
        sha256 = str(hash(written(export)))
        books.night("construction", {"x": (sha256, export)})
        file = books.find("construction", sha256)
        assert file is not None
        return file

    first = deliver(date(2026, 6, 1), rows)
    assert (first.state, first.counts) == ("loaded", (14, 14, 0, 0, 0))
    assert deliver(date(2026, 6, 5), rows[:-1]).state == "loaded"
    assert deliver(date(2026, 6, 3), rows[1:]).reason == "OUT_OF_ORDER"
    assert deliver(date(2026, 6, 6), rows[:2]).reason == "HELD_VOLUME"
    undone = [{**row, "status": "active", "completion_date": ""} if 1 < n < 8 else row for n, row in enumerate(rows)]
    assert deliver(date(2026, 6, 6), undone, 1).reason == "FORBIDDEN_REVERSAL"
    assert len(books.current(*stream, AS_OF)) == 13
    assert deliver(date(2026, 6, 9), rows) is first
    assert len(books.current(*stream, AS_OF)) == 14
    assert len(books.current(*stream, date(2026, 6, 8))) == 13


def test_the_books_count_no_event_of_a_late_export_that_lies_after_its_day() -> None:
    books, stream = Books(AS_OF), ("construction", "enrollments")
    rows = tuple(first_rows(*stream).values())
    books.night("construction", {"x": ("new", Export(*stream, FIRST_DAY, 0, "full", rows))})
    # completions of rows 0, 2, 4 and 6 are dated 0, 2, 4 and 6 days before the first day
    late = Export(*stream, FIRST_DAY - timedelta(days=5), 0, "full", (*rows[::-1], None))
    books.night("construction", {"y": ("late", late)})
    file = books.find("construction", "late")
    assert file is not None and file.reason == "OUT_OF_ORDER"
    books.decide("construction", file, "approve")
    assert (file.state, file.counts) == ("loaded", (15, 11, 3, 0, 1))
    assert {row["enrollment_id"] for row in file.bad_rows()} == {"co0", "co2", "co4"}
    assert len(books.current(*stream, FIRST_DAY)) == 14
    assert len(books.current(*stream, FIRST_DAY - timedelta(days=1))) == 11
    # without a newer one it waits, since so many days ahead say that the name is wrong
    other = Books(AS_OF)
    other.night("construction", {"y": ("late", late)})
    file = other.find("construction", "late")
    assert file is not None and (file.state, file.reason) == ("held", "PERIOD_MISMATCH")
