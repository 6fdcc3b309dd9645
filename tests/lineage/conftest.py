"""One night's events for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lineage.told import Told, told_by


@pytest.fixture(scope="module")
def told(published_home: Path) -> Told:
    return told_by(published_home)
