"""Charts as SVG that needs no script: Vega-Lite drawn by vl-convert, the same bytes for the same figures.

A chart holds figures and years, and no word: one drawing serves every language. What it says in words stands beside it,
and a table behind it. Colours are those of the light page; the style sheet maps them for a dark one (``COLOURS``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

#: Line, target, grid and text. Each is in the style sheet as well, which redraws it for dark pages and for print.
COLOURS = {"line": "#0b5394", "target": "#8a3b00", "grid": "#d5dae1", "text": "#3d4654"}
#: A font that comes with vl-convert: a label is as wide on every machine, so its chart is the same bytes.
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
#: Units of the drawing; the page scales it. At 360 px of screen one is about one pixel.
WIDTH, HEIGHT = 330, 150
SMALL_WIDTH, SMALL_HEIGHT = 170, 74
#: Air above the highest thing drawn, for the labels there.
_HEADROOM = 1.18
_JANUARY = 1


@dataclass(frozen=True)
class Series:
    """What a chart draws: month ends with figures, None where there is none; in ``unit``."""

    ends: tuple[date, ...]
    values: tuple[Decimal | None, ...]
    target: Decimal | None
    unit: str
    top: Decimal | None = None
    """The highest figure of the scale, where several charts share one."""

    @property
    def highest(self) -> Decimal:
        """The highest thing drawn."""
        known = [value for value in (*self.values, self.target) if value is not None]
        return max(known, default=Decimal(1))


def line_chart(series: Series) -> str:
    """The figure month by month, with the target as a dashed line: the inside of an ``<svg>`` with its view box.

    Returns:
        ``<svg viewBox=...>...</svg>`` without an id, a style, a script or a reference.
    """
    return _drawn(json.dumps(_spec(series, WIDTH, HEIGHT, 11, labelled=True), sort_keys=True))


def small_chart(series: Series) -> str:
    """The same, small, for one of several side by side: the last figure stands in its caption."""
    return _drawn(json.dumps(_spec(series, SMALL_WIDTH, SMALL_HEIGHT, 10, labelled=False), sort_keys=True))


@lru_cache(maxsize=512)
def _drawn(spec: str) -> str:
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec, vl_version="5.21", allowed_base_urls=[])
    box = re.search(r'viewBox="([^"]+)"', svg)
    if box is None or re.search(r'\sid="|url\(|<script|<style|<image', svg):
        raise ValueError("vl-convert drew a chart with an id, a style, a script or a reference; charts.py must know it")
    inside = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    inside = re.sub(r'<rect[^>]*fill="transparent"/>', "", inside)
    # what is invisible: groups' empty backgrounds and foregrounds
    inside = re.sub(r'<path class="(?:background|foreground)"[^>]*/>', "", inside)
    inside = re.sub(r' (?:class|role|aria-[a-z]+|pointer-events)="[^"]*"', "", inside)
    return f'<svg viewBox="{box.group(1)}">{inside}</svg>'


def _spec(series: Series, width: int, height: int, size: int, *, labelled: bool) -> dict[str, Any]:
    rows = [{"m": number, "v": None if value is None else float(value)} for number, value in enumerate(series.values)]
    known = [row for row in rows if row["v"] is not None]
    scale, axis = _scale(series), _y_axis(series)
    if not labelled:
        axis["tickCount"] = 2
    x: dict[str, Any] = {
        "field": "m",
        "type": "quantitative",
        "scale": {"domain": [0, max(1, len(rows) - 1)], "nice": False, "zero": False},
        "axis": _x_axis(series.ends),
    }
    y = {"field": "v", "type": "quantitative", "scale": scale, "axis": axis}
    # a step: yes or no jumps, and does not grow
    shape = {"interpolate": "step-after"} if series.unit == "yes/no" else {}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": rows},
            "mark": {
                "type": "line",
                "color": COLOURS["line"],
                "strokeWidth": 2.5,
                "invalid": "break-paths-show-path-domains",
            }
            | shape,
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": known[-1:]},
            "mark": {"type": "point", "color": COLOURS["line"], "filled": True, "size": 45, "opacity": 1},
            "encoding": {"x": x, "y": y},
        },
    ]
    if series.target is not None:
        layers.append(
            {
                "data": {"values": [{"v": float(series.target)}]},
                "mark": {"type": "rule", "color": COLOURS["target"], "strokeWidth": 1.5, "strokeDash": [6, 4]},
                "encoding": {"y": y},
            }
        )
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "padding": 4,
        "layer": layers,
        "config": {
            "aria": False,
            "background": "transparent",
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": COLOURS["text"],
                "labelFontSize": size,
                "gridColor": COLOURS["grid"],
                "domainColor": COLOURS["grid"],
                "tickColor": COLOURS["grid"],
                "title": None,
            },
        },
    }


def _scale(series: Series) -> dict[str, Any]:
    if series.unit == "yes/no":
        return {"domain": [0, 1.15], "nice": False}
    if series.unit == "percent":
        return {"domain": [0, 108], "nice": False}
    top = float(series.highest if series.top is None else series.top) or 1.0
    if series.unit != "USD per hour":
        return {"domain": [0, top * _HEADROOM], "nice": False}
    known = [float(value) for value in (*series.values, series.target) if value is not None] or [0.0, 1.0]
    low, high = min(known), max(known, default=top)
    air = max((high - low) * 0.15, 0.5)
    return {"domain": [low - air, high + air], "nice": False, "zero": False}


def _y_axis(series: Series) -> dict[str, Any]:
    axis: dict[str, Any] = {"tickCount": 4, "ticks": False, "domain": False, "labelPadding": 6, "format": ",d"}
    if series.unit == "yes/no":
        axis |= {"values": [0, 1], "labelExpr": "datum.value == 1 ? '✓' : '–'"}
        axis.pop("format")
    elif series.unit == "percent":
        axis |= {"values": [0, 25, 50, 75, 100], "labelExpr": "datum.value + '%'"}
    elif series.unit == "USD per hour":
        axis |= {"format": "$.0f", "tickMinStep": 1}
    else:
        axis |= {"tickMinStep": 1}
    return axis


def _x_axis(ends: Sequence[date]) -> dict[str, Any]:
    """A tick at each January, with its year; the first month's year where no January is there."""
    ticks = [number for number, end in enumerate(ends) if end.month == _JANUARY] or [0][: len(ends)]
    years = json.dumps([str(ends[number].year) for number in ticks])
    return {
        "values": ticks,
        "labelExpr": f"{years}[indexof({json.dumps(ticks)}, datum.value)]",
        "grid": False,
        "tickSize": 5,
        "labelFlush": False,
    }
