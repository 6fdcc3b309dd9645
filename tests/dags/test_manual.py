"""Every runbook link on Airflow's web page leads to a page there, at the section it names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dags.conftest import CHECKOUT

if TYPE_CHECKING:
    from airflow.sdk import DAG

ROOT = "http://airflow.example.org/manual/"


@pytest.fixture(scope="module")
def manual() -> Iterator[TestClient]:
    """The pages, mounted as Airflow mounts them."""
    sys.path.insert(0, str(CHECKOUT / "orchestration" / "plugins"))
    from manual import PREFIX, make_app

    app = FastAPI()
    app.mount(PREFIX, make_app(CHECKOUT / "docs"))
    with TestClient(app) as client:
        yield client


def links(dags: dict[str, DAG]) -> set[str]:
    texts = [text for dag in dags.values() for text in (dag.doc_md, *(task.doc_md for task in dag.tasks)) if text]
    return {link for text in texts for link in re.findall(r"\]\(([^)]+)\)", text)}


def leads_somewhere(manual: TestClient, address: str) -> bool:
    parts = urlsplit(address)
    page = manual.get(parts.path)
    return page.status_code == 200 and (not parts.fragment or f'id="{parts.fragment}"' in page.text)


def test_every_dag_has_a_runbook_and_every_link_of_dags_and_tasks_leads_to_its_section(
    dags: dict[str, DAG], manual: TestClient
) -> None:
    for name, dag in dags.items():
        assert re.search(r"\[runbook\]\(/manual/runbooks/[a-z]+\.md(#[a-z-]+)?\)", dag.doc_md or ""), name
    found = links(dags)
    assert len(found) >= 6
    assert [link for link in sorted(found) if not leads_somewhere(manual, link)] == []


def test_the_pages_link_to_each_other_and_show_their_pictures(manual: TestClient) -> None:
    listed = re.findall(r'href="(/manual/[^"]+\.md)"', manual.get("/manual/").text)
    assert len(listed) > 30
    broken = []
    for page in listed:
        html = manual.get(page).text
        for target in re.findall(r'(?:href|src)="([^"]+)"', html):
            address = urljoin(f"http://airflow.example.org{page}", target)
            inside = address.startswith(ROOT) and not address.endswith("/")
            if inside and address.endswith((".md", ".png")) and not leads_somewhere(manual, address):
                broken.append(f"{page} -> {target}")
    assert broken == []


@pytest.mark.parametrize(
    "path",
    ["../README.md", "%2e%2e/README.md", "/etc/passwd", "schemas/source.schema.json", "images/make.py", "none.md"],
)
def test_nothing_but_the_docs_is_shown(manual: TestClient, path: str) -> None:
    assert manual.get(f"/manual/{path}").status_code == 404


def test_html_in_a_page_is_text(manual: TestClient) -> None:
    from manual import anchor, to_html

    assert "<script>" not in to_html("# A\n\n<script>alert(1)</script>")
    assert anchor("The run is late (`DEADLINE_MISSED`)") == "the-run-is-late-deadline_missed"


def test_a_site_of_its_own_or_a_server_below_a_path_changes_the_links(monkeypatch: pytest.MonkeyPatch) -> None:
    from hrtp_airflow.partners import runbook

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://county.example.gov/airflow/")
    assert runbook("ingest.md#held-files") == "/airflow/manual/runbooks/ingest.md#held-files"
    monkeypatch.setenv("HRTP_RUNBOOKS_URL", "https://wiki.example.gov/hrtp/")
    assert runbook("ingest.md") == "https://wiki.example.gov/hrtp/ingest.md"


def test_the_image_holds_the_pages() -> None:
    assert "COPY docs/ docs/" in (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
    assert "!docs" in Path(CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
