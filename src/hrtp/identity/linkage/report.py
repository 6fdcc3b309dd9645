"""The report of a training: one page that stands alone, with charts and counts and no person's data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from hrtp.identity.evaluate import Quality
from hrtp.identity.linkage.model import Model


@dataclass(frozen=True)
class Report:
    """What the page shows: the candidate, its quality by threshold, and counts by model on the records at hand."""

    model: Model
    curve: list[tuple[float, Quality]]
    counts: list[tuple[str, dict[str, int]]]


def render(report: Report) -> str:
    """The page, as HTML with its charts inside."""
    trained, thresholds = report.model.trained, report.model.config.thresholds
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Linkage model</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{padding:.2rem .8rem;border-bottom:1px solid #ccc;text-align:right}}
td:first-child,th:first-child{{text-align:left}}</style></head><body>
<h1>Linkage model: a candidate</h1>
<p>Trained on {escape(trained.trained_on)}, seed {trained.seed}. {len(trained.first_names):,} first and
{len(trained.last_names):,} last names are common enough to stand in it. Merge from weight {thresholds.merge:g} on,
review from {thresholds.review:g} on.</p>
<h2>What each agreement weighs</h2>
<p>log2 of how much likelier it is for two records of one person than for two of two. What contradicts is barred by
rules besides, whatever the weight.</p>
{_weights(report.model)}
<h2>Precision and recall by the threshold of a merge</h2>
<p>On invented people whom training did not see. The rule marks the threshold in force.</p>
{_curve(report)}
{_curve_table(report.curve)}
<h2>Before and after, on the records at hand</h2>
{_counts_table(report.counts)}
</body></html>
"""


def _svg(chart: Any) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def _weights(model: Model) -> str:
    import altair

    rows = [
        {
            "level": f"{comparison['output_column_name']}: {level['label_for_charts']}",
            "weight": math.log2(level["m_probability"] / level["u_probability"]),
            "order": number * 10 + place,
        }
        for number, comparison in enumerate(model.splink["comparisons"])
        for place, level in enumerate(comparison["comparison_levels"])
        if not level.get("is_null_level")
    ]
    chart = (
        altair.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=altair.X("weight:Q", title="match weight (log2)"),
            y=altair.Y("level:N", sort=altair.EncodingSortField("order"), title=None, axis=altair.Axis(labelLimit=320)),
            color=altair.condition("datum.weight > 0", altair.value("#2a7"), altair.value("#c53")),
        )
        .properties(width=420)
    )
    return _svg(chart)


def _curve(report: Report) -> str:
    import altair

    rows = [
        {"threshold": threshold, "share": value, "what": what}
        for threshold, quality in report.curve
        for what, value in (("precision", quality.precision), ("recall", quality.recall))
    ]
    lines = (
        altair.Chart(pd.DataFrame(rows))
        .mark_line(point=True)
        .encode(
            x=altair.X("threshold:Q", title="merge from this weight on"),
            y=altair.Y("share:Q", scale=altair.Scale(zero=False), title=None),
            color=altair.Color("what:N", title=None),
        )
    )
    thresholds = report.model.config.thresholds
    marks = pd.DataFrame([{"at": thresholds.merge, "name": "merge"}, {"at": thresholds.review, "name": "review"}])
    chosen = altair.Chart(marks).mark_rule(strokeDash=[4, 4]).encode(x="at:Q")
    names = altair.Chart(marks).mark_text(align="left", dx=4, y=10).encode(x="at:Q", text="name:N")
    return _svg((lines + chosen + names).properties(width=520, height=260))


def _curve_table(curve: list[tuple[float, Quality]]) -> str:
    rows = "".join(
        f"<tr><td>{threshold:g}</td><td>{q.precision:.5f}</td><td>{q.recall:.5f}</td><td>{q.count_error:+.3%}</td></tr>"
        for threshold, q in curve
    )
    head = "<tr><th>merge from</th><th>precision</th><th>recall</th><th>count of persons</th></tr>"
    return f"<table>{head}{rows}</table>"


def _counts_table(counts: list[tuple[str, dict[str, int]]]) -> str:
    if not counts:
        return "<p>There are no records at hand.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name, _ in counts)
    rows = "".join(
        f"<tr><td>{escape(what)}</td>" + "".join(f"<td>{found[what]:,}</td>" for _, found in counts) + "</tr>"
        for what in counts[0][1]
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"
