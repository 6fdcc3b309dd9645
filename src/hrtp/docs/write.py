"""Writing both below ``published/``, where they differ from what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from hrtp.build import MANIFEST_FILE, SEMANTIC_MANIFEST_FILE, WAREHOUSE_FILE, warehouse_lock
from hrtp.docs.catalog import catalog
from hrtp.docs.definitions import add_definitions
from hrtp.docs.manifest import readable
from hrtp.docs.partners import add_partners
from hrtp.docs.semantic import SEMANTIC_FOLDER, SEMANTIC_MANIFEST, relations, semantic_files
from hrtp.errors import DocsFailed, no_values_in_errors
from hrtp.landing import write_atomically
from hrtp.lineage import observed
from hrtp.process import open_to_readers
from hrtp.settings import Settings

if TYPE_CHECKING:
    from hrtp.lineage.events import Work

#: What dbt's own page has in the place of the two documents.
_MANIFEST_PLACE, _CATALOG_PLACE = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'


#: What dbt's page asks the browser for in vain: icons before it has reckoned their address, and its own icon.
_MENDED = {
    'xlink:href="{{': 'ng-attr-xlink:href="{{',
    "${require('./assets/favicons/favicon.ico')}": "data:,",
}


@dataclass(frozen=True)
class DocsResult:
    """``changed`` is False where every file was already there, byte for byte."""

    changed: bool
    page: Path
    semantic: Path

    def summary(self) -> dict[str, object]:
        """For logs and XComs."""
        return {"changed": self.changed, "page": str(self.page), "semantic": str(self.semantic)}


def write_docs(settings: Settings) -> DocsResult:
    """Write dbt's documentation of the last good build as one page, and the semantic layer beside it.

    ``published/site/docs/index.html`` needs no server and asks nothing of any; ``published/semantic`` is a folder in
    which ``mf`` runs.

    Raises:
        DocsFailed: where there is no build yet, or dbt's page is not the one that is known.
    """
    with observed(settings, "docs") as seen, no_values_in_errors(DocsFailed, "docs"), warehouse_lock(settings):
        for name in (WAREHOUSE_FILE, MANIFEST_FILE, SEMANTIC_MANIFEST_FILE):
            if not (settings.warehouse / name).exists():
                raise DocsFailed("there is no build to document yet; run `hrtp build` first")
        page = settings.published / "site" / "docs" / "index.html"
        semantic = settings.published / SEMANTIC_FOLDER
        model = json.loads((settings.warehouse / SEMANTIC_MANIFEST_FILE).read_text(encoding="utf-8"))
        text, documented = _page(settings)
        files = {page: text, **{semantic / name: data for name, data in semantic_files(model).items()}}
        changed = [path for path, data in files.items() if not path.exists() or path.read_bytes() != data]
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, files[path], 0o644)
        for folder in (settings.published / "site", semantic):
            open_to_readers(folder)
        seen.did(lambda _: _lineage(page, documented, semantic, relations(model)))
    return DocsResult(bool(changed), page, semantic)


def _lineage(page: Path, documented: list[str], semantic: Path, marts: list[str]) -> Iterator[Work]:
    from hrtp.lineage.readers import made_for_readers

    yield made_for_readers(
        "docs.dbt",
        documented,
        "site.dbt_docs",
        [page],
        path="src/hrtp/docs/write.py",
        description="The documentation of every model, column, metric and reader, with the lineage",
    )
    yield made_for_readers(
        "docs.semantic_layer",
        [f"published.{name}" for name in marts],
        "published.semantic_layer",
        [semantic / SEMANTIC_MANIFEST],
        path="src/hrtp/docs/semantic.py",
        description="The semantic layer: what MetricFlow asks the published marts",
    )


def _page(settings: Settings) -> tuple[bytes, list[str]]:
    """Dbt's own page with manifest and catalog inside, and the tables that it documents."""
    manifest = readable(json.loads((settings.warehouse / MANIFEST_FILE).read_text(encoding="utf-8")))
    warehouse = settings.warehouse / WAREHOUSE_FILE
    add_partners(manifest, settings.project)
    add_definitions(manifest, warehouse)
    # found by the package's list of files: importing dbt takes seconds
    page = Path(str(distribution("dbt-core").locate_file("dbt/task/docs/index.html"))).read_text(encoding="utf-8")
    for asked, mended in _MENDED.items():
        page = page.replace(asked, mended)
    of_tables = catalog(manifest, warehouse)
    documents = {_MANIFEST_PLACE: manifest, _CATALOG_PLACE: of_tables}
    for place, document in documents.items():
        if page.count(place) != 1:
            raise DocsFailed("dbt's page has no place for the project's documents; is it another version of dbt?")
        # the documents stand within a script: none of their text may end it
        text = json.dumps(document, separators=(",", ":")).replace("</", "<\\/")
        page = page.replace(place, text)
    found = [node["metadata"] for part in ("nodes", "sources") for node in of_tables[part].values()]
    return page.encode(), sorted(f"{one['schema']}.{one['name']}" for one in found)
