"""The world of every fault test; its checks run after each of them, whether the test asks for them or not."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import built as figures
from tests.faults.built import Built
from tests.faults.machine import Machine, assemble
from tests.faults.world import BYSTANDER, Standing, World, audited, prepare, quiet_libraries
from tests.sharing import once
from tests.transport.conftest import certificate, moto_port, s3_world, sftp_server, sftp_world

#: The servers of the transport tests, for faults on the way.
__all__ = ["certificate", "moto_port", "s3_world", "sftp_server", "sftp_world"]


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A prepared home to copy, the bystander in it, and the bystander one quiet night later."""

    folder: Path
    before: Standing
    after: Standing


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    """For all workers; never touched, only copied."""
    return once("faults-prepared", lambda folder: _prepared(folder / "world"))


def _prepared(folder: Path) -> Prepared:
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


@pytest.fixture(scope="session")
def built() -> Built:
    """Two nights and their builds, for all workers; looked at and copied, never touched."""
    return once("faults-built", _built)


def _built(folder: Path) -> Built:
    """For the cases whose outcome is a figure; nothing of them is lost or leaked."""
    found = figures.build_all(folder)
    exports = found.settings.exports
    assert exports is not None
    delivered = {
        (path.parent.name, hashlib.sha256(path.read_bytes()).hexdigest()): True for path in exports.glob("*/*")
    }
    everything = audited(found.settings.home.parent, delivered, "")
    everything.check_landing()
    everything.check_reconciled()
    everything.check_nothing_leaked()
    return found


@pytest.fixture
def marts(built: Built) -> Iterator[Built]:
    """The builds; after the test, the bystander's figures are those of a home in which nobody else exists."""
    yield built
    alone, together = built.alone.bystander(), built.september.bystander()
    assert min(len(part) for part in alone) > 2
    assert together == alone, "the fault changed another source's figures"


@pytest.fixture(scope="session")
def original(built: Built) -> Machine:
    """A built and published deployment, for all workers; never touched, only copied."""
    return once("faults-original", lambda folder: assemble(built, folder))


@pytest.fixture
def machine(original: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Machine]:
    """A copy to break; in the end readers are given the bystander's figures of June or of September, and no others.

    Whatever broke, every landed file is still there, unchanged, and no log names anybody.
    """
    broken = original.copy(tmp_path / "machine")
    yield broken
    june, september = original.bystander(), figures.Marts(original.warehouse).bystander()
    assert min(len(part) for part in june) > 2
    assert broken.bystander() in (june, september), "the fault changed another source's figures"
    landed = {
        (p.parent.name, p.name): True
        for p in (original.home / "landing").glob("[!.]*/*")
        if len(p.name) == 64  # the bytes; claims, notes and batches are beside them
    }
    logged = broken.log.read_text(errors="ignore") if broken.log.is_file() else ""
    everything = audited(broken.folder, landed, caplog.text + logged)
    everything.check_landing()
    everything.check_nothing_leaked()
