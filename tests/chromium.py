"""Debian's Chromium. Playwright runs once at a time in a process, so whoever needs a browser takes this one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium; pages and contexts are to be closed by whoever opens them."""
    program = shutil.which("chromium")
    assert program is not None, "these tests need Chromium; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield window
        window.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the tests of a file. No longer: while it is there, nothing else in the process can run asyncio."""
    with chromium() as window:
        yield window
