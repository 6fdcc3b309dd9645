"""A deployment to break: a warehouse of September, published as of June again, so that publishing is a change."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from hrtp.settings import Settings
from tests.crash import fork, phases
from tests.faults.built import SEPTEMBER, Built, Marts, deploy


@dataclass(frozen=True)
class Machine:
    """``digest`` is that of the warehouse's marts, ``content_id`` of what readers are given."""

    folder: Path
    content_id: str
    digest: str

    @property
    def home(self) -> Path:
        """Its zones."""
        return self.folder / "home"

    @property
    def settings(self) -> Settings:
        """Its settings, with the key that its figures were made with."""
        return deploy(self.folder)

    @property
    def warehouse(self) -> Path:
        """The file that builds put in place."""
        return self.home / "warehouse" / "hrtp.duckdb"

    @property
    def marts(self) -> Path:
        """The file that readers open."""
        return (self.home / "published" / "marts.duckdb").resolve()

    @property
    def log(self) -> Path:
        """What child processes say."""
        return self.folder / "log"

    def copy(self, folder: Path) -> Machine:
        """Another one of the same state."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.home, folder / "home", symlinks=True)
        return Machine(folder, self.content_id, self.digest)

    def build(self) -> str:
        """Build as of September in a child process; the digest of the marts."""
        fork.value(self.log, phases.build, self.home)
        return phases.marts_digest(self.warehouse)

    def publish(self) -> str:
        """Publish in a child process; the content id."""
        return str(fork.value(self.log, phases.publish, self.home))

    def serves(self) -> str:
        """The content that readers are given, which must be whole."""
        shown = fork.value(self.log, phases.published, self.home)
        assert shown.damaged == ()
        return str(shown.content_id)

    def bystander(self) -> list[list[tuple[object, ...]]]:
        """What is published of the partner whom no fault concerns."""
        return Marts(self.marts).bystander()


def assemble(built: Built, folder: Path) -> Machine:
    """From the home of the shared builds."""
    shutil.copytree(built.settings.home, folder / "home", symlinks=True)
    blank = Machine(folder, "", phases.marts_digest(built.september.path))
    content_id = blank.publish()
    shutil.copy(built.september.path, blank.warehouse)
    assert built.september.one("select distinct as_of_date from indicator_values") == (SEPTEMBER,)
    return Machine(folder, content_id, blank.digest)
