"""dbt's documentation as one page in a real browser: it asks nobody, and leads from a partner to whoever reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page
from published_world import publish_world
from tests.county import PUBLISHED
from warehouse_world import PROJECT, World

from hrtp.docs.manifest import readable
from hrtp.docs.write import write_docs
from hrtp.errors import DocsFailed
from hrtp.settings import Settings, load_settings
from hrtp.sources import load_sources

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


@dataclass
class Browsed:
    """The page, and what it asked for and complained of since it was opened."""

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    complained: list[str] = field(default_factory=list)

    def open(self, place: str = "") -> str:
        """Load the page anew at a place; the text of what it shows there."""
        self.page.goto("about:blank")
        self.page.goto(self.url + place)
        self.page.wait_for_function("document.querySelector('.app-content')?.innerText.length > 40")
        return self.page.inner_text(".app-content")


@pytest.fixture(scope="module")
def settings(
    build_world: Callable[..., World], dbt_manifest: Manifest, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    return publish_world(build_world("docs"), dbt_manifest, tmp_path_factory.mktemp("docs_home"))


@pytest.fixture(scope="module")
def browsed(settings: Settings, browser: Browser) -> Iterator[Browsed]:
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    browsed = Browsed(page, (settings.published / "site" / "docs" / "index.html").as_uri())
    page.on("request", lambda request: browsed.asked.append(request.url))
    page.on("console", lambda message: browsed.complained.append(message.text))
    page.on("pageerror", lambda error: browsed.complained.append(str(error)))
    yield browsed
    page.close()


def test_the_overview_says_what_is_where(browsed: Browsed) -> None:
    text = browsed.open()
    assert "High Road Training Partnerships" in text
    assert "what an indicator counts" in text


def test_every_indicator_has_a_page_with_its_definition_to_link_to(browsed: Browsed, dbt_manifest: Manifest) -> None:
    definitions = {metric.name: metric.description for metric in dbt_manifest.metrics.values()}
    for key in PUBLISHED:
        text = browsed.open(f"#!/model/model.hrtp.ind_{key}")
        assert f"ind_{key}" in text
        # the first sentence, as typography may differ from the catalogue's
        assert definitions[key].split(":")[0].split(". ")[0].split('"')[0] in text, key
        assert "Answers for the definition: HRTP performance lead." in text


def test_a_model_is_found_by_its_name(browsed: Browsed) -> None:
    browsed.open()
    browsed.page.fill("#search", "median_placement_wage")
    found = browsed.page.locator(".search-results, .app-content").get_by_text("ind_median_placement_wage").first
    found.wait_for()
    found.click()
    browsed.page.wait_for_url("**/model.hrtp.ind_median_placement_wage**")


def test_a_partner_says_what_it_delivers_and_leads_to_the_entity(browsed: Browsed) -> None:
    sources = list(load_sources(PROJECT.parent).values())
    assert len(sources) == 9
    for partner in sources:
        text = browsed.open(f"#!/source/source.hrtp.partners.{partner.source}")
        assert partner.name in text
        assert partner.owner.name in text
        # how it is reached, and whom to write to, is not for readers of definitions
        assert partner.transport.url not in text
        assert partner.owner.email not in text
    browsed.page.get_by_role("link", name="placements", exact=True).first.click()
    browsed.page.wait_for_url("**/source.hrtp.raw.placements**")
    assert "Delivered by:" in browsed.page.inner_text(".app-content")


def test_the_lineage_leads_from_the_partners_to_the_dashboards(browsed: Browsed) -> None:
    browsed.open("#!/model/model.hrtp.ind_placed_in_jobs?g_v=1&g_i=%2Bind_placed_in_jobs%2B")
    browsed.page.wait_for_function("window.graph?.nodes?.().length > 40")
    assert browsed.page.locator("text=Lineage Graph").is_visible()
    edges: list[list[str]] = browsed.page.evaluate(
        "window.graph.edges().map(edge => [edge.source().id(), edge.target().id()])"
    )
    reached = {"source.hrtp.partners.healthcare"}
    while more := {after for before, after in edges if before in reached} - reached:
        reached |= more
    assert "source.hrtp.raw.placements" in reached
    assert {"model.hrtp.ind_placed_in_jobs", "model.hrtp.indicator_values", "metric.hrtp.placed_in_jobs"} <= reached
    readers = {node for node in reached if node.startswith("exposure.")}
    assert {"exposure.hrtp.scorecard_page", "exposure.hrtp.dashboard_program_scorecard"} <= readers


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("#!/exposure/exposure.hrtp.treasury_report", "US Treasury"),
        ("#!/metric/metric.hrtp.median_placement_wage", "Median"),
        ("#!/semantic_model/semantic_model.hrtp.indicator_evidence", "person"),
        ("#!/model/model.hrtp.indicator_values", "value_to_date"),
        ("#!/macro/macro.hrtp.exact_divide", "hugeint"),
        ("#!/seed/seed.hrtp.sectors", "sector_key"),
    ],
)
def test_every_kind_of_page_opens(browsed: Browsed, place: str, says: str) -> None:
    assert says in browsed.open(place)


def test_a_column_shows_the_type_that_stands_in_the_warehouse(browsed: Browsed) -> None:
    assert "DECIMAL(18,2)" in browsed.open("#!/model/model.hrtp.indicator_values")
    assert "DECIMAL(18,6)" in browsed.open("#!/model/model.hrtp.ind_median_placement_wage")


def test_all_of_it_asked_nobody_and_complained_of_nothing(browsed: Browsed) -> None:
    """Last: it looks at all that the tests above did."""
    own = {browsed.url, "about:blank"}
    assert {url for url in browsed.asked if url.partition("#")[0] not in own and not url.startswith("data:")} == set()
    assert len(browsed.asked) > 30
    assert browsed.complained == []


def test_nothing_of_the_machine_or_of_a_tests_people_is_in_it(settings: Settings) -> None:
    page = (settings.published / "site" / "docs" / "index.html").read_text()
    for place in (str(settings.home), str(PROJECT), str(Path.home())):
        assert place not in page
    for name in ("created_at", "invocation_id", "build_path", "root_path"):
        assert f'"{name}":' not in page, name
    assert "unit_test.hrtp" not in page
    assert 0 < len(page) < 6_000_000


def test_what_is_left_out_is_left_out_of_the_links_too(dbt_manifest: Manifest) -> None:
    manifest: dict[str, Any] = json.loads(json.dumps(dbt_manifest.writable_manifest().to_dict(omit_none=False)))
    assert len(manifest["unit_tests"]) > 25
    clean = readable(manifest)
    known = {key for part in ("nodes", "sources", "exposures", "metrics", "semantic_models") for key in clean[part]}
    for links in (clean["parent_map"], clean["child_map"]):
        assert set(links) == known
        assert {other for others in links.values() for other in others} <= known
    assert {key.split(".")[1] for key in clean["macros"]} == {"hrtp"}


def test_without_a_build_there_is_nothing_to_document(tmp_path: Path) -> None:
    with pytest.raises(DocsFailed, match="hrtp build"):
        write_docs(load_settings(home=tmp_path, project=PROJECT.parent))
