"""Keys that were merged away or split off, told from the raw tables and the stewards' words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hrtp.identity import FIRST_DAYS, PersonKey, resolve
from hrtp.identity.decision import RecordId
from hrtp.identity.decisions import Decisions
from hrtp.identity.files import built_as_of
from hrtp.settings import Settings
from tests.unit.test_identity_days import JUNE, KEY, SEPTEMBER, keys, raw, settings  # noqa: F401 - the fixture

DECEMBER = date(2026, 12, 31)
FIRST = pa.Table.from_pylist(
    [{"source": "construction", "entity": "participants", "file_sha256": "a", "first_day": JUNE}], schema=FIRST_DAYS
)


def key_of(source: str, own: str) -> str:
    return KEY.of("\x1f".join((source, "participant", own)))


def told(settings: Settings) -> list[tuple[str, str, date, str]]:  # noqa: F811
    rows = pq.read_table(settings.identity / "key_changes.parquet").to_pylist()
    return [(r["old_person_key"], r["new_person_key"], r["changed_on"], r["kind"]) for r in rows]


def participant(source: str, own: str) -> RecordId:
    return RecordId(source, "participant", own)


def decide(settings: Settings, one: RecordId, other: RecordId, verdict: str, day: date) -> None:  # noqa: F811
    at = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
    Decisions(settings.landing).add(one, other, verdict, why="seen", by="steward", seen="", at=at)  # type: ignore[arg-type]


P1, P2 = key_of("construction", "P1"), key_of("construction", "P2")


def test_nothing_is_told_before_it_happened(settings: Settings) -> None:  # noqa: F811
    resolve(raw(), KEY, settings, as_of=JUNE)
    assert told(settings) == []
    assert built_as_of(settings) == JUNE


def test_a_state_id_that_joins_two_persons_is_told_with_the_day_of_the_export(settings: Settings) -> None:  # noqa: F811
    resolve(raw(), KEY, settings, as_of=SEPTEMBER)
    assert told(settings) == [(P2, P1, SEPTEMBER, "merge")]
    assert (settings.identity / "key_changes.parquet").stat().st_mode & 0o777 == 0o600
    assert (settings.identity / "pairs.parquet").stat().st_mode & 0o777 == 0o600


def test_a_writing_that_holds_again_splits_what_it_does_not_join(settings: Settings) -> None:  # noqa: F811
    resolve(raw({"a": DECEMBER}), KEY, settings, as_of=DECEMBER, first_days=FIRST)
    assert told(settings) == [(P2, P1, SEPTEMBER, "merge"), (P1, P2, DECEMBER, "split")]


def test_a_stewards_apart_wins_over_a_strong_key_and_the_younger_key_comes_back(settings: Settings) -> None:  # noqa: F811
    day = date(2026, 10, 5)
    decide(settings, participant("construction", "P2"), participant("construction", "P1"), "apart", day)
    found = keys(resolve(raw(), KEY, settings, as_of=SEPTEMBER))
    assert (found["P1"], found["P2"]) == (P1, P2)
    # healthcare's Eva, who has P2's name and birth date, stays with her
    assert found["H1"] == P2
    assert told(settings) == [(P2, P1, SEPTEMBER, "merge"), (P1, P2, day, "split")]


def test_a_stewards_merge_joins_whom_no_key_joins_and_the_older_key_stays(settings: Settings) -> None:  # noqa: F811
    decide(settings, participant("construction", "P3"), participant("construction", "P1"), "merge", DECEMBER)
    found = keys(resolve(raw(), KEY, settings, as_of=SEPTEMBER))
    assert found["P3"] == found["P1"] == P1
    assert told(settings) == [(P2, P1, SEPTEMBER, "merge"), (key_of("construction", "P3"), P1, DECEMBER, "merge")]


def test_a_later_word_on_the_same_two_supersedes(settings: Settings) -> None:  # noqa: F811
    pair = participant("construction", "P3"), participant("construction", "P1")
    decide(settings, *pair, "merge", date(2026, 10, 1))
    decide(settings, *pair, "apart", date(2026, 10, 9))
    found = keys(resolve(raw(), KEY, settings, as_of=SEPTEMBER))
    assert found["P3"] == key_of("construction", "P3")
    assert [kind for *_, kind in told(settings)] == ["merge", "merge", "split"]


def test_the_same_words_give_the_same_bytes_and_another_secret_other_keys(settings: Settings, tmp_path: Path) -> None:  # noqa: F811
    decide(settings, participant("construction", "P3"), participant("construction", "P1"), "merge", DECEMBER)
    files = [settings.identity / name for name in ("record_keys.parquet", "pairs.parquet", "key_changes.parquet")]
    resolve(raw(), KEY, settings, as_of=SEPTEMBER)
    first, before = [path.read_bytes() for path in files], told(settings)
    resolve(raw(), KEY, settings, as_of=SEPTEMBER)
    assert [path.read_bytes() for path in files] == first
    resolve(raw(), PersonKey(b"n" * 64), settings, as_of=SEPTEMBER)
    after = told(settings)
    assert [row[2:] for row in sorted(after, key=lambda r: r[2])] == [row[2:] for row in before]
    assert {key for row in after for key in row[:2]}.isdisjoint(key for row in before for key in row[:2])
