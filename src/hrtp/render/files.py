"""Which files are generated, and whether they are current."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hrtp.render.companions import companion_metrics
from hrtp.render.dbt_sources import dbt_sources
from hrtp.render.dictionary import data_dictionary
from hrtp.render.periods import period_metrics
from hrtp.render.schemas import entity_schema, explain_all_schema, explain_schema, source_schema
from hrtp.render.semantic import semantic_models
from hrtp.render.superset import BUNDLE, superset_bundle

DATA_DICTIONARY = Path("docs/data_dictionary.md")
ENTITY_SCHEMA = Path("docs/schemas/entity.schema.json")
SOURCE_SCHEMA = Path("docs/schemas/source.schema.json")
EXPLAIN_SCHEMA = Path("docs/schemas/explain.schema.json")
EXPLAIN_ALL_SCHEMA = Path("docs/schemas/explain_all.schema.json")
DBT_SOURCES = Path("dbt_project/models/staging/_sources.yml")
SEMANTIC_MODELS = Path("dbt_project/models/semantic/indicators.yml")
COMPANION_METRICS = Path("dbt_project/models/semantic/companions.yml")
PERIOD_METRICS = Path("dbt_project/models/semantic/periods.yml")


def render_all(project: Path) -> dict[Path, str]:
    """Every generated file by its path within the project."""
    return {
        DATA_DICTIONARY: data_dictionary(project),
        ENTITY_SCHEMA: entity_schema(),
        SOURCE_SCHEMA: source_schema(),
        EXPLAIN_SCHEMA: explain_schema(),
        EXPLAIN_ALL_SCHEMA: explain_all_schema(),
        DBT_SOURCES: dbt_sources(project),
        **superset_bundle(project),
        SEMANTIC_MODELS: semantic_models(project),
        COMPANION_METRICS: companion_metrics(project),
        PERIOD_METRICS: period_metrics(project),
    }


def drifted(project: Path) -> list[Path]:
    """The generated files that are missing, differ from what would be written, or would not be written."""
    rendered = render_all(project)
    return [*(path for path, text in rendered.items() if _text(project / path) != text), *_left_over(project, rendered)]


def write_all(project: Path) -> list[Path]:
    """Write what has drifted, and remove what is generated no more; gives the paths written."""
    rendered = render_all(project)
    written = [path for path, text in rendered.items() if _text(project / path) != text]
    for path in written:
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        part.write_text(rendered[path], encoding="utf-8")
        os.replace(part, target)
    for path in _left_over(project, rendered):
        (project / path).unlink()
    return written


def _left_over(project: Path, rendered: Mapping[Path, str]) -> list[Path]:
    """Files of the bundle of a chart or dashboard that is gone: the importer would bring it back."""
    found = (path.relative_to(project) for path in sorted((project / BUNDLE).rglob("*")) if path.is_file())
    return [path for path in found if path not in rendered]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
