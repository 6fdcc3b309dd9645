"""An explanation for a terminal: the value first, then how it was counted, then the rows."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from hrtp.explain.model import Count, EvidenceRow, Explanation, Identity, NotInEvidence, Summaries, Value
from hrtp.pictures import MIDDLE, WIDE, Canvas, Fitted, bar, plain_table, sparkline
from hrtp.scorecard import doubt_in_words, number

_BAR_WIDTH = 30
#: What is counted, where the unit does not say it.
_SUBJECTS = {
    "percent": "persons",
    "USD per hour": "wages",
    "yes/no": "subjects",
    "employer x sector": "pairs of employer and sector",
}
#: Figures of a subject's key that a person can still tell apart.
_KEY_DIGITS = 12


def explanation_view(found: Explanation, limit: int = 25, page: int = 1) -> Fitted:
    """The value, its definition, counts, reasons in words, and one page of ``limit`` rows of evidence."""
    return Fitted(lambda canvas: _view(found, limit, page, canvas))


def summaries_view(found: Summaries) -> Fitted:
    """Every figure with how it was counted."""
    return Fitted(lambda canvas: _summaries(found, canvas))


def count_in_words(count: Count, unit: str) -> str:
    """How the figure comes out of the rows: ``147 persons in 162 rows that count``."""
    rows = f"{count.n_rows:,} {'row that counts' if count.n_rows == 1 else 'rows that count'}"
    if count.aggregation == "percent_of_subjects":
        text = f"{count.numerator:,} of {count.denominator:,} persons, in {rows}"
    elif count.aggregation == "median_of_first":
        text = f"the median of {count.denominator:,} wages, one a person, in {rows}"
    elif count.aggregation == "exists":
        text = f"yes as soon as one row counts; {rows}"
    else:
        text = f"{count.n_subjects:,} {subjects(unit)} in {rows}"
    if count.recount is None:
        return text
    return f"{text}; counted again from these rows: {number(count.recount, unit)}"


def subjects(unit: str) -> str:
    """What an indicator of that unit counts."""
    return _SUBJECTS.get(unit, unit)


def identity_in_words(row: Identity) -> str:
    """Who is one person decides the figure: with strong keys alone, with the model, and the range of what is open."""
    by = [number(value, row.unit) for value in (row.value_deterministic, row.value_probabilistic)]
    text = f"{by[0]} by strong keys alone, {by[1]} with the model"
    if row.is_in_doubt:
        figures = (row.value, row.value_if_none_merged, row.value_if_all_merged)
        text += "; " + doubt_in_words(figures, row.unit, row.n_review_pairs)
    return text


def target_in_words(value: Value) -> str:
    """Target, baseline and attainment, or why there is none."""
    if not value.is_applicable:
        return "not run by HRTP: the figure is an explicit 0"
    if value.target is None:
        return "no target"
    text = f"target {number(value.target, value.unit)}"
    if value.target_scope == "each_sector":
        text += " in each sector"
        if value.sectors_meeting is not None:
            text += f": {value.sectors_meeting} of 6 meet it"
    if value.baseline is not None:
        text += f", baseline {number(value.baseline, value.unit)}"
    return text if value.attainment is None else f"{text}, {value.attainment * 100:.0f} % reached"


def _view(found: Explanation, limit: int, page: int, canvas: Canvas) -> Group:
    parts: list[RenderableType] = [_head(found, canvas)]
    if found.by_source:
        table = plain_table("\nEvidence by source")
        table.add_column("source", no_wrap=True)
        for heading in ("rows", "of these counted", f"{subjects(found.value.unit)} counted"):
            table.add_column(heading, justify="right")
        for row in found.by_source:
            table.add_row(row.source, f"{row.n_rows:,}", f"{row.n_rows_counted:,}", f"{row.n_subjects_counted:,}")
        parts.append(table)
    if found.left_out:
        table = plain_table("\nLeft out")
        table.add_column("reason", no_wrap=canvas.width >= MIDDLE, overflow="fold")
        table.add_column("rows", justify="right")
        table.add_column("subjects", justify="right")
        table.add_column("why it does not count", ratio=3)
        table.add_column("what would make it count", ratio=2)
        for out in found.left_out:
            table.add_row(out.reason, f"{out.n_rows:,}", f"{out.n_subjects:,}", out.meaning, out.what_would_count)
        parts.append(table)
    parts += _not_in_evidence(found.not_in_evidence)
    if found.evidence and limit:
        parts += _evidence(found.evidence, limit, page, canvas)
    return Group(*parts)


def _head(found: Explanation, canvas: Canvas) -> Text:
    value = found.value
    charter = f"charter {value.charter_number}, " if value.charter_number else ""
    head = Text.assemble(
        (value.name, "bold"),
        f"  {charter}sector {value.sector}, {value.period_start} to {value.period_end}\n",
        (value_in_words(value), "bold"),
        f"   {target_in_words(value)}",
    )
    if canvas.draws and value.attainment is not None:
        mark = value.baseline / value.target if value.baseline and value.target else None
        head.append("\n")
        head.append_text(bar(value.attainment, _BAR_WIDTH, mark if mark is None or mark < 1 else None))
    if canvas.draws and found.months:
        shown = found.months[-max(12, canvas.width - 40) :]
        head.append("\nby month  ", "dim")
        head.append(sparkline([month.value_to_date for month in shown]), "cyan")
        ends = [number(month.value_to_date, value.unit) for month in (shown[0], shown[-1])]
        head.append(f"  {ends[0]} at {shown[0].period_end} to {ends[1]} at {shown[-1].period_end}", "dim")
    elif found.months:
        said = [f"{month.period_end:%Y-%m} {number(month.value_to_date, value.unit)}" for month in found.months[-12:]]
        head.append(f"\nby month  {', '.join(said)}")
    stale = f" (stale: {value.n_sources_stale} sources are behind)" if value.is_stale else ""
    head.append(f"\ncounted   {count_in_words(found.count, value.unit)}")
    if not found.count.agrees:
        head.append("\nattention: the rows do not give the published figure; run `hrtp doctor`", "red")
    unknown = f" ({found.unknown_definition})" if found.unknown_definition and value.n_unknown else ""
    head.append(f"\nunknown   {value.n_unknown}{unknown}")
    head.append(f"\ndata      through {value.data_through_date or 'never'}{stale}")
    if found.identity:
        head.append(f"\nidentity  {identity_in_words(found.identity)}")
    head.append(f"\n\n{found.definition}", "italic")
    return head


def value_in_words(value: Value) -> str:
    """The figure with its unit, or why there is none."""
    text = number(value.value_to_date, value.unit)
    if value.value_to_date is None:
        return f"{text} ({value.value_reason})"
    return text if value.unit in {"percent", "yes/no"} else f"{text} {value.unit.removeprefix('USD ')}"


def _not_in_evidence(found: NotInEvidence) -> list[RenderableType]:
    said: list[RenderableType] = []
    if found.by_rule:
        table = plain_table(f"\nNever got so far: {found.n_rows_quarantined:,} rows in quarantine")
        for heading in ("source", "entity", "rule"):
            table.add_column(heading, overflow="fold")
        table.add_column("rows", justify="right")
        table.add_column("what is wrong", ratio=1)
        for row in found.by_rule:
            table.add_row(row.source, row.entity, row.rule_id, f"{row.n_rows:,}", row.message)
        said.append(table)
    if found.files:
        table = plain_table("\nNever got so far: files held or rejected")
        for heading in ("source", "file", "is", "reason"):
            table.add_column(heading, overflow="fold")
        table.add_column("rows", justify="right")
        table.add_column("what is wrong, and what to do", ratio=1)
        for file in found.files:
            words = " ".join(filter(None, [file.message, file.how_to_resolve]))
            rows = "" if file.rows_in is None else f"{file.rows_in:,}"
            table.add_row(file.source, escape(file.file_name), file.state, file.reason or "", rows, words)
        said.append(table)
    if found.undelivered:
        lines = [
            f"{item.source} {item.entity}: "
            + ("never delivered" if item.is_missing else f"only through {item.data_through_date}")
            for item in found.undelivered
        ]
        said.append(Text("\nNot delivered\n" + "\n".join(lines)))
    return said


def _evidence(rows: list[EvidenceRow], limit: int, page: int, canvas: Canvas) -> list[RenderableType]:
    pages = -(-len(rows) // limit)
    page = min(page, pages)
    first = (page - 1) * limit
    shown = rows[first : first + limit]
    title = f"\nEvidence: rows {first + 1:,} to {first + len(shown):,} of {len(rows):,}, those that count first"
    wide, middle = canvas.width >= WIDE, canvas.width >= MIDDLE
    table = plain_table(title)
    table.add_column("counts", no_wrap=True)
    if wide:
        table.add_column("sector", no_wrap=True)
    table.add_column("subject", no_wrap=True)
    table.add_column("event", no_wrap=True)
    has_amount = any(row.amount is not None for row in shown)
    if has_amount:
        table.add_column("amount", justify="right")
    if any(row.reason for row in shown):
        table.add_column("reason", overflow="fold")
    if middle:
        table.add_column("source", overflow="fold")
    table.add_column("file", overflow="fold")
    table.add_column("row", justify="right", no_wrap=True)
    has_reason = any(row.reason for row in shown)
    for row in shown:
        cells = ["yes" if row.is_counted else "no"]
        cells += [row.sector or "-"] if wide else []
        cells += [(row.subject_key or "-")[:_KEY_DIGITS], str(row.event_date or "-")]
        cells += [_amount(row.amount)] if has_amount else []
        cells += [row.reason or ""] if has_reason else []
        cells += [row.source] if middle else []
        cells += [row.file_name or row.file_sha256[:_KEY_DIGITS], str(row.row_number)]
        table.add_row(*(escape(cell) for cell in cells))
    more = f"page {page} of {pages}: --page {page % pages + 1} for another, --limit 0 for none, --json for all"
    return [table, Text(more, style="dim")] if pages > 1 else [table]


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


def _summaries(found: Summaries, canvas: Canvas) -> Group:
    table = plain_table(f"Figures of sector {found.sector}")
    table.add_column("indicator", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("how it was counted", ratio=1)
    if canvas.width >= MIDDLE:
        table.add_column("rows left out", justify="right")
    for each in found.indicators:
        cells = [
            each.value.indicator_key,
            number(each.value.value_to_date, each.value.unit),
            count_in_words(each.count, each.value.unit),
        ]
        cells += [f"{sum(out.n_rows for out in each.left_out):,}"] if canvas.width >= MIDDLE else []
        table.add_row(*cells)
    return Group(table, Text("one of them: hrtp explain INDICATOR", style="dim"))
