"""Shows the docs on Airflow's own web server: ``/manual/runbooks/ingest.md``, so that every link to a runbook works.

Read from the checkout, turned into HTML at the first call, and nothing else is served: a path is looked up among the
files of ``docs/`` that were there at the start. There is nothing to hide in them, so nobody has to log in.
"""

from __future__ import annotations

import html
import os
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.configuration import conf
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse, Response

PREFIX = "/manual"
_CHECKOUT = Path(__file__).resolve().parents[2]
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse }} th, td {{ border: 1px solid #8888; padding: .35rem .6rem; vertical-align: top }}
th {{ text-align: left }} code {{ font: 0.9em ui-monospace, monospace; background: #8882; padding: .1em .25em }}
pre {{ background: #8882; padding: .8rem; overflow-x: auto }} pre code {{ background: none; padding: 0 }}
img {{ max-width: 100% }} a {{ color: #06c }} @media (prefers-color-scheme: dark) {{ a {{ color: #6bf }} }}
:target {{ outline: 2px solid #06c; outline-offset: .3rem }}
</style></head><body><p><a href="{home}">Runbooks and docs</a></p>{body}</body></html>
"""


def make_app(docs: Path, home: str = f"{PREFIX}/") -> FastAPI:
    """The web application that shows the Markdown and PNG files below ``docs``.

    Args:
        docs: folder of the docs.
        home: address of the list of pages.
    """
    files = {p.relative_to(docs).as_posix(): p for p in sorted(docs.rglob("*")) if p.suffix in {".md", ".png"}}
    app = FastAPI(title="HRTP manual", docs_url=None, redoc_url=None, openapi_url=None)

    @cache
    def page(name: str) -> str:
        text = files[name].read_text(encoding="utf-8")
        title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), name)
        return _PAGE.format(title=html.escape(title), home=home, body=to_html(text))

    @app.get("/")
    def index() -> HTMLResponse:
        """The list of pages, runbooks first."""
        pages = sorted((name for name in files if name.endswith(".md")), key=lambda n: (not n.startswith("runb"), n))
        items = "".join(f'<li><a href="{home}{name}">{html.escape(name)}</a></li>' for name in pages)
        return HTMLResponse(_PAGE.format(title="Runbooks and docs", home=home, body=f"<ul>{items}</ul>"))

    @app.get("/{name:path}")
    def show(name: str) -> Response:
        """One page or picture."""
        if name not in files:
            raise HTTPException(status_code=404, detail="there is no such page")
        if name.endswith(".png"):
            return Response(files[name].read_bytes(), media_type="image/png")
        return HTMLResponse(page(name))

    return app


def to_html(text: str) -> str:
    """Markdown as HTML; a heading gets the anchor that a link from another page uses."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(inline.content))
    rendered: str = parser.renderer.render(tokens, parser.options, {})
    return rendered


def anchor(heading: str) -> str:
    """The anchor of a heading: small letters, blanks as hyphens, nothing but letters, digits, hyphens, underscores."""
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


def _apps() -> list[dict[str, Any]]:
    docs = Path(os.environ.get("HRTP_PROJECT") or _CHECKOUT) / "docs"
    return [{"app": make_app(docs, f"{_server_path()}{PREFIX}/"), "url_prefix": PREFIX, "name": "HRTP manual"}]


def _server_path() -> str:
    return urlsplit(str(conf.get("api", "base_url", fallback=""))).path.rstrip("/")


class ManualPlugin(AirflowPlugin):  # type: ignore[misc] # airflow brings no types
    """Makes the pages known to Airflow, and puts a link to them into its menu."""

    name = "hrtp_manual"
    fastapi_apps = _apps()
    external_views = [  # noqa: RUF012 - Airflow's own idiom
        {"name": "HRTP runbooks", "href": f"{_server_path()}{PREFIX}/", "destination": "nav", "category": "docs"}
    ]
