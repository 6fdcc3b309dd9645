"""The world of every fault test; its checks run after each of them, whether the test asks for them or not."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.world import BYSTANDER, Standing, World, prepare, quiet_libraries


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A prepared home to copy, the bystander in it, and the bystander one quiet night later."""

    folder: Path
    before: Standing
    after: Standing


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared") / "world"
    world = prepare(folder)
    before = world.standing(BYSTANDER)
    assert (len(before.manifests), len(before.rows), len(before.quarantine)) == (2, 48, 1)
    copy = folder.with_name("quiet")
    shutil.copytree(folder, copy, symlinks=True)
    quiet = World(copy, before, before, None)
    quiet.next_night()
    after = quiet.standing(BYSTANDER)
    assert (len(after.manifests), len(after.rows), len(after.quarantine)) == (3, 89, 2)
    return Prepared(folder, before, after)


@pytest.fixture
def world(prepared: Prepared, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """A deployment of its own; after the test, the checks that hold in every case."""
    quiet_libraries()
    caplog.set_level("DEBUG")
    folder = tmp_path / "world"
    shutil.copytree(prepared.folder, folder, symlinks=True)
    found = World(folder, prepared.before, prepared.after, caplog)
    yield found
    found.close()
