"""Debian's Chromium, one a worker: Playwright runs once in a process, so whoever needs a browser takes this one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; pages and contexts are the test's own, to be closed by it."""
    program = shutil.which("chromium")
    assert program is not None, "these tests need Chromium; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield window
        window.close()
