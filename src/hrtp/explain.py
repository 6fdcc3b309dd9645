"""Figure -> definition -> evidence -> file and row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from hrtp.errors import HrtpError
from hrtp.marts import open_marts, rows
from hrtp.scorecard import doubt_in_words, number
from hrtp.settings import Settings


class UnknownIndicator(HrtpError):
    """No indicator or sector of that name."""

    code = "UNKNOWN_INDICATOR"


@dataclass(frozen=True)
class Explanation:
    """``value`` is the row of ``indicator_values``; ``evidence`` the rows behind it; ``left_out`` counts by reason.

    ``identity`` is the row of ``indicator_identity`` where the figure is to date and counts persons, else None.
    """

    value: dict[str, object]
    definition: str
    evidence: list[dict[str, object]]
    left_out: list[dict[str, object]]
    identity: dict[str, object] | None = None


_VALUE = """
select * from indicator_values
where indicator_key = $1 and sector = $2 and period_end <= coalesce($3::date, as_of_date)
    and (period_type = 'to_date' or $3::date is not null)
order by period_end desc, case period_type when 'to_date' then 0 when 'month' then 1 else 2 end
limit 1
"""
# The rows as the published figures see them; for an earlier day the same dates decide.
_EVIDENCE = """
select e.sector, e.subject_key, e.event_date, e.amount, e.is_counted, e.reason, e.source, r.file_name,
    e.file_sha256, e.row_number
from indicator_evidence as e
left join (select distinct source, file_sha256, file_name from load_reconciliation) as r
    on e.source = r.source and e.file_sha256 = r.file_sha256
where e.indicator_key = $1 and ($2 = 'all' or e.sector = $2) and e.event_date <= coalesce($3::date, '9999-12-31')
order by e.is_counted desc, e.event_date, e.source, e.row_number, e.subject_key
"""
_IDENTITY = "select * from indicator_identity where indicator_key = $1 and sector = $2"
_LEFT_OUT = """
select reason, count(*) as n_rows, count(distinct subject_key) as n_subjects
from indicator_evidence
where indicator_key = $1 and ($2 = 'all' or sector = $2) and not is_counted
group by reason order by n_rows desc, reason
"""


def explain(settings: Settings, indicator: str, sector: str = "all", as_of: date | None = None) -> Explanation:
    """Everything behind one figure.

    Args:
        settings: where the published marts are.
        indicator: an indicator key.
        sector: ``all`` or a sector key.
        as_of: an earlier day; the newest period that had ended by then is shown.

    Raises:
        UnknownIndicator: with the names that there are.
        NotPublished: before the first night.
    """
    with open_marts(settings) as connection:
        known = [
            row["indicator_key"]
            for row in rows(connection, "select distinct indicator_key from indicator_values order by 1")
        ]
        if indicator not in known:
            raise UnknownIndicator(f"no indicator {indicator!r}; there are: {', '.join(map(str, known))}")
        values = rows(connection, _VALUE, [indicator, sector, as_of])
        if not values:
            raise UnknownIndicator(f"{indicator} has no figure for sector {sector!r} on that day; try `--sector all`")
        identity = rows(connection, _IDENTITY, [indicator, sector]) if values[0]["period_type"] == "to_date" else []
        definition = rows(connection, "select definition from dim_indicator where indicator_key = $1", [indicator])
        return Explanation(
            values[0],
            str(definition[0]["definition"]) if definition else "",
            rows(connection, _EVIDENCE, [indicator, sector, as_of]),
            rows(connection, _LEFT_OUT, [indicator, sector]),
            identity[0] if identity else None,
        )


def explanation_view(explanation: Explanation, limit: int = 25) -> Group:
    """For a terminal: the value, its definition, why rows were left out, and the first ``limit`` rows."""
    value = explanation.value
    head = Text.assemble(
        (f"{value['name']}", "bold"),
        f"  sector {value['sector']}, {value['period_start']} to {value['period_end']}\n",
        ("value ", "dim"),
        (f"{value['value_to_date']} {value['unit']}", "bold"),
        ("   target ", "dim"),
        f"{value['target'] if value['target'] is not None else '-'}",
        ("   unknown ", "dim"),
        f"{value['n_unknown']}",
        ("   data through ", "dim"),
        f"{value['data_through_date']}{' (stale)' if value['is_stale'] else ''}\n",
        explanation.definition,
    )
    if explanation.identity:
        head.append(f"\n{_identity_in_words(explanation.identity)}", "dim")
    reasons = Table(title="Left out", title_justify="left")
    for heading in ("reason", "rows", "subjects"):
        reasons.add_column(heading)
    for row in explanation.left_out:
        reasons.add_row(str(row["reason"]), str(row["n_rows"]), str(row["n_subjects"]))
    shown = explanation.evidence[:limit]
    table = Table(title=f"Evidence: {len(shown)} of {len(explanation.evidence)} rows", title_justify="left")
    for heading in ("counted", "sector", "subject", "event", "amount", "reason", "source", "file", "row"):
        table.add_column(heading, overflow="fold")
    for row in shown:
        table.add_row(
            "yes" if row["is_counted"] else "no",
            str(row["sector"] or "-"),
            str(row["subject_key"])[:12],
            str(row["event_date"] or "-"),
            str(row["amount"]) if row["amount"] is not None else "",
            str(row["reason"] or ""),
            str(row["source"]),
            str(row["file_name"] or str(row["file_sha256"])[:12]),
            str(row["row_number"]),
        )
    return Group(head, reasons, table) if explanation.left_out else Group(head, table)


def _identity_in_words(row: dict[str, object]) -> str:
    """Who is one person decides the figure: with strong keys alone, with the model, and the range of what is open."""
    unit = str(row["unit"])

    def figure(name: str) -> Decimal | None:
        value = row[name]
        return value if isinstance(value, Decimal) else None

    by = {name: number(figure(f"value_{name}"), unit) for name in ("deterministic", "probabilistic")}
    text = f"identity: {by['deterministic']} by strong keys alone, {by['probabilistic']} with the model"
    if row["is_in_doubt"]:
        figures = [figure(name) for name in ("value", "value_if_none_merged", "value_if_all_merged")]
        text += "; " + doubt_in_words(figures, unit, int(str(row["n_review_pairs"])))
    return text
