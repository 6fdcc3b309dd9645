"""Data Docs: Great Expectations' own static site over the newest validation results of every source and entity.

Its input are the JSON files that :class:`hrtp.gate.sink.DocsSink` left: counts and row numbers, no value of anyone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrtp.gate.engine import new_context
from hrtp.gate.sink import VALIDATIONS_FOLDER
from hrtp.process import open_to_readers

SITE_FOLDER = "site"
_BUILT_FROM = ".built_from"


@dataclass(frozen=True)
class DocsSite:
    """The built site: its entry page, how many pages of validations it has, and whether it had to be built."""

    index: Path
    pages: int
    is_new: bool


def build_docs(folder: Path) -> DocsSite:
    """Build the site under ``folder/site`` from ``folder/validations``; nothing is done where nothing changed.

    One page for the newest validated file of each source and entity. The old site stays until the new one is whole.
    """
    newest = _newest(folder / VALIDATIONS_FOLDER)
    site = folder / SITE_FOLDER
    index = site / "index.html"
    fingerprint = hashlib.sha256(json.dumps(newest, sort_keys=True).encode()).hexdigest()
    built_from = site / _BUILT_FROM
    if index.exists() and built_from.exists() and built_from.read_text() == fingerprint:
        return DocsSite(index, len(newest), is_new=False)
    fresh = folder / f"{SITE_FOLDER}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _render(newest, fresh)
    (fresh / _BUILT_FROM).write_text(fingerprint)
    open_to_readers(fresh)
    shutil.rmtree(site, ignore_errors=True)
    fresh.rename(site)
    return DocsSite(index, len(newest), is_new=True)


def _newest(validations: Path) -> list[dict[str, Any]]:
    """The result of the newest export of each source and entity, in alphabetical order."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(validations.glob("*/*/*.json")):
        written = json.loads(path.read_text(encoding="utf-8"))
        key = written["source"], written["entity"]
        if key not in found or _age(found[key]) <= _age(written):
            found[key] = written
    return [found[key] for key in sorted(found)]


def _age(written: Mapping[str, Any]) -> tuple[str, str]:
    return written["data_through"], written["received_date"]


def _render(validations: Sequence[Mapping[str, Any]], site: Path) -> None:
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )
    from great_expectations.render.renderer.site_builder import SiteBuilder

    context = new_context()
    for written in validations:
        result, run = _suite_result(written)
        key = ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(written["entity"]),
            run_id=run,
            batch_identifier=written["file_sha256"],
        )
        context.validation_results_store.set(key, result)
    builder = SiteBuilder(
        data_context=context,
        store_backend={"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)},
        site_name="HRTP exports",
        show_how_to_buttons=False,
        site_section_builders={"profiling": "None", "expectations": "None"},
    )
    renderer_log = logging.getLogger("great_expectations")
    level = renderer_log.level
    renderer_log.setLevel(logging.ERROR)
    try:
        builder.build()
    finally:
        renderer_log.setLevel(level)


def _suite_result(written: Mapping[str, Any]) -> tuple[Any, Any]:
    """One file's results as Great Expectations' own result object, and its run."""
    from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    results = [
        ExpectationValidationResult(
            success=one["success"],
            expectation_config=ExpectationConfiguration(**one["expectation_config"]),
            result=one["result"],
            meta={},
            exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
        )
        for one in written["results"]
    ]
    passed = sum(bool(one.success) for one in results)
    received = dt.datetime.combine(dt.date.fromisoformat(written["received_date"]), dt.time(), dt.UTC)
    run = RunIdentifier(run_name=f"{written['source']} {written['data_through']}", run_time=received)
    suite = ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=written["entity"],
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100.0 * passed / len(results) if results else None,
        },
        meta={
            "run_id": run,
            "active_batch_definition": {"data_asset_name": f"{written['source']} {written['entity']}"},
            "batch_markers": {},
            "file": {"sha256": written["file_sha256"], "rows": written["rows"]},
        },
        batch_id=written["file_sha256"],
    )
    return suite, run
