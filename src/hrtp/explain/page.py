"""The drill-down for staff: value, evidence, row in the partner's file, on one page that asks nothing of any server.

It says where a row stands and never what it says. The same marts and the same place give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hrtp.drilldowns import write_for_staff
from hrtp.explain.model import Explanation, Month
from hrtp.explain.reasons import FLAGS
from hrtp.explain.terminal import count_in_words, identity_in_words, subjects, target_in_words, value_in_words
from hrtp.scorecard import number
from hrtp.settings import Settings

_TEMPLATES = Path(__file__).parent / "templates"
#: Rows that a browser still sorts at once; the rest is in ``--json``.
MAX_ROWS = 20_000
# the drawing area of the line, in its own units
_LEFT, _RIGHT, _TOP, _BOTTOM = 10, 410, 12, 95


@dataclass(frozen=True)
class MonthLine:
    """The line by month as it is drawn: points and height of the target in the picture's units, and its two ends."""

    points: str
    goal: int | None
    first: str
    last: str
    said: str


def default_target(settings: Settings, found: Explanation) -> Path:
    """``drilldowns/<indicator>_<sector>_<day>.html``."""
    value = found.value
    return settings.drilldowns / f"{value.indicator_key}_{value.sector}_{value.period_end}.html"


def write_drilldown(settings: Settings, found: Explanation, target: Path | None = None) -> Path:
    """Write the page, mode 0600; gives its path.

    Raises:
        StaffOnly: where others read there.
    """
    target = target or default_target(settings, found)
    folder = target.expanduser().absolute().parent.resolve()
    return write_for_staff(settings, drilldown(settings, found, folder).encode(), target)


def drilldown(settings: Settings, found: Explanation, folder: Path) -> str:
    """The page as it stands in ``folder``: links to landed files are relative to it."""
    files = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    style = (_TEMPLATES / "drilldown.css").read_text(encoding="utf-8")
    script = (_TEMPLATES / "drilldown.js").read_text(encoding="utf-8")
    evidence, waiting = found.evidence[:MAX_ROWS], found.not_in_evidence
    unit = found.value.unit
    return files.get_template("drilldown.html.j2").render(
        e=found,
        v=found.value,
        n=waiting,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        value=value_in_words(found.value),
        target=target_in_words(found.value),
        counted=count_in_words(found.count, unit),
        subjects=subjects(unit),
        identity=identity_in_words(found.identity) if found.identity else None,
        months=[(month.period_end, number(month.value_to_date, unit)) for month in found.months],
        line=_line(found.months, found.value.target, unit),
        evidence=evidence,
        n_cut=len(found.evidence) - len(evidence),
        quarantined=waiting.rows[:MAX_ROWS],
        reasons=sorted({row.reason for row in evidence if row.reason}),
        sources=sorted({row.source for row in evidence}),
        quarantine_sources=sorted({row.source for row in waiting.rows}),
        quarantine_rules=sorted({row.rule_id for row in waiting.rows}),
        anchors={(file.source, file.file_sha256): f"file-{n}" for n, file in enumerate(found.files, start=1)},
        links={
            file.landing_path: quote(os.path.relpath(settings.home / file.landing_path, folder)) for file in found.files
        },
        amount=_amount,
        has_amount=any(row.amount is not None for row in evidence),
        has_flag=any(row.flag for row in evidence),
        flags=FLAGS,
        flag=lambda flag: FLAGS.get(flag, (flag or "").lower().replace("_", " ")),
    )


def _hash(text: str) -> str:
    """What the page's security policy lets through: this text alone."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def _line(months: list[Month], target: Decimal | None, unit: str) -> MonthLine | None:
    """Months from left to right; a month without a figure is no point. The target is drawn where it is in reach."""
    known = [(place, month.value_to_date) for place, month in enumerate(months) if month.value_to_date is not None]
    if len(known) < 2:
        return None
    values = [value for _, value in known]
    top = max(*values, target or Decimal(0)) or Decimal(1)
    low = Decimal(0) if unit != "USD per hour" else min(*values, target or top) * Decimal("0.9")
    span = (top - low) or Decimal(1)

    def height(value: Decimal) -> int:
        return round(_BOTTOM - (value - low) / span * (_BOTTOM - _TOP))

    width = (_RIGHT - _LEFT) / (len(months) - 1)
    first, last = months[known[0][0]], months[known[-1][0]]
    ends = [f"{number(month.value_to_date, unit)} at {month.period_end}" for month in (first, last)]
    return MonthLine(
        points=" ".join(f"{round(_LEFT + place * width)},{height(value)}" for place, value in known),
        goal=None if target is None else height(target),
        first=f"{months[0].period_end:%Y-%m}",
        last=f"{months[-1].period_end:%Y-%m}: {number(last.value_to_date, unit)}",
        said=f"from {ends[0]} to {ends[1]}",
    )
