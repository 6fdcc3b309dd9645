"""Chromium for the pages, watched: whatever a page asks of anybody, or complains about, is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

#: Widths and heights at which pages are looked at.
DESKTOP, PHONE = (1280, 900), (360, 740)


@dataclass
class Watched:
    """A page in a browser; `requests` are all but the page itself, `complaints` what the console and the page said."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Opening = Callable[..., Watched]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opening]:
    """Opens a file in a window of its own: `opened(path, size=PHONE, java_script_enabled=False)`."""
    contexts = []

    def open_page(path: Path, size: tuple[int, int] = DESKTOP, **options: Any) -> Watched:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        watched = Watched(context.new_page())

        def record(url: str) -> None:
            if url != path.as_uri():
                watched.requests.append(url)

        watched.page.on("request", lambda request: record(request.url))
        watched.page.on("console", lambda message: watched.complaints.append(message.text))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.goto(path.as_uri())
        return watched

    yield open_page
    for context in contexts:
        context.close()
