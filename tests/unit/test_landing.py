"""The landing zone keeps bytes once, by content, and knows what a name says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hrtp.landing import FileName, Landing, days_again, has_declared_name, parse_file_name
from tests.unit.reading_world import source

ENTITIES = ("participants", "services")
DAY = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("services_20260930.csv", FileName(("services",), DAY, 0)),
        ("SERVICES_20260930.CSV", FileName(("services",), DAY, 0)),
        (" services_20260930 (1).csv", FileName(("services",), DAY, 0)),
        ("services_20260930_02.csv", FileName(("services",), DAY, 2)),
        ("services_20260930.zip", FileName(("services",), DAY, 0)),
        ("construction_20260930.xlsx", FileName(ENTITIES, DAY, 0)),
        ("construction_20260930.zip", FileName(ENTITIES, DAY, 0)),
        ("construction_20260930.csv", None),
        ("services_20261340.csv", None),
        ("services.csv", None),
        ("readme_20260930.txt", None),
    ],
)
def test_a_name_says_entity_and_day(name: str, expected: FileName | None) -> None:
    assert parse_file_name(name, source(), ENTITIES) == expected


def test_a_declared_name_is_known_besides_the_canonical_one() -> None:
    config = source(entities={"services": {"mode": "delta", "file": "changes {date}.csv"}})
    assert parse_file_name("Changes 20260930.csv", config, ENTITIES) == FileName(("services",), DAY, 0)
    assert parse_file_name("services_20260930.csv", config, ENTITIES) == FileName(("services",), DAY, 0)
    assert has_declared_name("changes 20260930.csv", config, "services")
    assert not has_declared_name("services_20260930.csv", config, "services")


def arrive(landing: Landing, content: bytes, name: str) -> bool:
    path = landing.incoming()
    path.write_bytes(content)
    parsed = parse_file_name(name, source(), ENTITIES)
    assert parsed is not None
    return landing.keep(path, name, parsed) is not None


def test_the_same_bytes_land_once_under_any_name(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "construction")
    assert arrive(landing, b"x", "services_20260930.csv")
    assert not arrive(landing, b"x", "services_20261001.csv")
    assert arrive(landing, b"y", "services_20260901.csv")
    files = landing.files()
    assert [f.file_name for f in files] == ["services_20260901.csv", "services_20260930.csv"]
    assert [f.source_sequence for f in files] == [3, 1]
    notes = landing.notes()
    assert days_again(files[1], notes[files[1].sha256]) == {date(2026, 10, 1): (0, 2)}
    assert files[0].sha256 not in notes
    assert [landing.read(f) for f in files] == [b"y", b"x"]


def test_landed_files_are_read_only_in_a_folder_of_the_owner(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "construction")
    arrive(landing, b"x", "services_20260930.csv")
    kept = landing.files()[0]
    assert (landing.folder / kept.sha256).stat().st_mode & 0o777 == 0o400
    assert landing.folder.stat().st_mode & 0o777 == 0o700


def test_a_killed_download_leaves_nothing_that_counts(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "construction")
    landing.incoming().write_bytes(b"half")
    path = landing.incoming()
    assert (list(path.parent.iterdir()), landing.files()) == ([], [])


def test_bytes_without_their_note_are_landed_again(tmp_path: Path) -> None:
    landing = Landing(tmp_path, "construction")
    arrive(landing, b"x", "services_20260930.csv")
    for note in landing.folder.glob("*.json"):
        note.unlink()
    assert arrive(landing, b"x", "services_20260930.csv")


def test_another_source_with_the_same_bytes_is_found(tmp_path: Path) -> None:
    first, second = Landing(tmp_path, "construction"), Landing(tmp_path, "healthcare")
    arrive(first, b"x", "services_20260930.csv")
    arrive(second, b"x", "services_20260930.csv")
    assert second.other_source_of(second.files()[0].sha256) == "construction"
