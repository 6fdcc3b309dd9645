"""The page's figures for machines: one JSON document, one CSV file, both inside the page as `data:` links."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from decimal import Decimal

from hrtp.cells import safe_cell
from hrtp.page.facts import Facts, Figure, Indicator

CSV_COLUMNS = ("indicator_key", "sector", "period_end", "value", "reason", "target", "meets_target")


def as_json(facts: Facts) -> bytes:
    """Every figure to date with what stands beside it; decimals are strings, so that none is rounded."""
    document = {
        "as_of_date": facts.as_of.isoformat(),
        "content_id": facts.content_id,
        "synthetic_files": facts.n_samples,
        "files": facts.n_files,
        "indicators": [_indicator(indicator) for indicator in facts.indicators],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def as_csv(facts: Facts) -> bytes:
    """A row a figure and month, as a spreadsheet opens it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for indicator in facts.indicators:
        for figure in (indicator.total, *indicator.sectors):
            for month in figure.months:
                row = (month.end, _plain(month.value), month.reason, _plain(figure.target), month.meets_target)
                cells = ("" if cell is None else str(cell) for cell in row)
                writer.writerow(safe_cell(text) for text in (indicator.key, figure.sector, *cells))
    return text.getvalue().encode()


def data_link(content: bytes, media_type: str) -> str:
    """A link that holds what it leads to."""
    return f"data:{media_type};base64,{b64encode(content).decode('ascii')}"


def _indicator(indicator: Indicator) -> dict[str, object]:
    document: dict[str, object] = {
        "indicator_key": indicator.key,
        "charter_number": indicator.charter_number,
        "name": indicator.name,
        "unit": indicator.unit,
        "is_applicable": indicator.is_applicable,
        **_figure(indicator.total),
        "companions": {
            companion.key: {"value": _plain(companion.value), "target": _plain(companion.target)}
            for companion in indicator.companions
        },
    }
    if indicator.doubt is not None:
        document["identity"] = {
            "if_none_merged": _plain(indicator.doubt.if_none_merged),
            "if_all_merged": _plain(indicator.doubt.if_all_merged),
            "n_review_pairs": indicator.doubt.n_pairs,
        }
    if indicator.sectors:
        document["sectors"] = {figure.sector: _figure(figure) for figure in indicator.sectors}
    return document


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "value": _plain(figure.value),
        "reason": figure.reason,
        "baseline": _plain(figure.baseline),
        "target": _plain(figure.target),
        "target_scope": figure.target_scope,
        "attainment": _plain(figure.attainment),
        "meets_target": figure.meets_target,
        "met_since": figure.met_since.isoformat() if figure.met_since else None,
        "n_unknown": figure.n_unknown,
        "is_stale": figure.is_stale,
        "data_through_date": figure.data_through.isoformat() if figure.data_through else None,
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
