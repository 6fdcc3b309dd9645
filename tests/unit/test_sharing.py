"""What the workers of a test run share, and the order in which they take up files."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from tests import sharing
from tests.county import PUBLISHED
from tests.parsed import manifest
from tests.schedule import LONGEST, SHARING, next_of, scope_of

ROOT = Path(__file__).resolve().parents[2]


def make(folder: Path) -> list[str]:
    assert list(folder.iterdir()) == []
    (folder / "file").write_text("made")
    with (folder.parent / "calls").open("a") as calls:
        print("made", file=calls)
    return ["made"]


def ask(place: Path, said: multiprocessing.Queue[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(sharing.PLACE, str(place))
        said.put(sharing.once("thing", make))


def test_several_workers_make_it_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    said = spawn.Queue()
    workers = [spawn.Process(target=ask, args=(tmp_path, said)) for _ in range(3)]
    for worker in workers:
        worker.start()
    assert [said.get(timeout=300) for _ in workers] == [["made"]] * 3
    for worker in workers:
        worker.join()
    assert (tmp_path / "shared-thing" / "calls").read_text() == "made\n"
    assert (tmp_path / "shared-thing" / "files" / "file").read_text() == "made"


def test_nobody_changes_what_the_next_one_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sharing.PLACE, str(tmp_path))
    sharing.once("thing", make).append("changed")
    assert sharing.once("thing", make) == ["made"]


def test_whoever_runs_dbt_writes_into_a_manifest_of_his_own() -> None:
    manifest().nodes.clear()
    assert len(manifest().nodes) > 100


def test_a_manifest_that_was_kept_finds_its_nodes_and_metrics(tmp_path: Path) -> None:
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    kept = manifest()
    found = kept.ref_lookup.find("indicator_values", "hrtp", None, kept)
    assert found is not None
    assert found.name == "indicator_values"
    SemanticManifest(kept).write_json_to_file(str(tmp_path / "semantic.json"))
    metrics = json.loads((tmp_path / "semantic.json").read_text())["metrics"]
    assert {metric["name"] for metric in metrics} >= set(PUBLISHED)


def test_what_failed_is_tried_again_in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> list[str]:
        make(folder)
        raise ValueError("half way")

    monkeypatch.setenv(sharing.PLACE, str(tmp_path))
    with pytest.raises(ValueError, match="half way"):
        sharing.once("thing", fail)
    assert sharing.once("thing", make) == ["made"]


def test_the_longest_files_are_there_and_come_first() -> None:
    assert len(set(LONGEST)) == len(LONGEST)
    assert [name for name in LONGEST if not (ROOT / name).exists()] == []
    assert set(SHARING) <= set(LONGEST)
    waiting = ["tests/unit/test_many.py", LONGEST[3], "tests/unit/test_few.py", LONGEST[1]]
    order = []
    while waiting:
        order.append(next_of(waiting))
        waiting.remove(order[-1])
    assert order == [LONGEST[1], LONGEST[3], "tests/unit/test_many.py", "tests/unit/test_few.py"]


def test_a_folder_that_shares_a_server_is_one_scope() -> None:
    assert scope_of("tests/superset/test_access.py::test_a[x::y]") == "tests/superset/"
    assert scope_of("tests/unit/test_raw.py::test_a[x/y::z]") == "tests/unit/test_raw.py"
