"""Figure -> definition -> evidence -> file and row, out of the published marts."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

import duckdb

from hrtp.errors import HrtpError
from hrtp.explain.model import (
    Count,
    EvidenceFile,
    EvidenceRow,
    Explanation,
    FromSource,
    Identity,
    LeftOut,
    Month,
    Summaries,
    Summary,
    Value,
)
from hrtp.explain.reasons import reason_words
from hrtp.explain.waiting import not_in_evidence
from hrtp.marts import open_marts, rows
from hrtp.settings import Settings

_CENT = Decimal("0.01")


class UnknownIndicator(HrtpError):
    """No indicator or sector of that name."""

    code = "UNKNOWN_INDICATOR"


def _columns(of: type) -> str:
    return ", ".join(field.name for field in dataclasses.fields(of))


_VALUE = f"""
select {_columns(Value)} from indicator_values
where indicator_key = $1 and sector = $2 and period_end <= coalesce($3::date, as_of_date)
    and (period_type = 'to_date' or $3::date is not null)
order by period_end desc, case period_type when 'to_date' then 0 when 'month' then 1 else 2 end
limit 1
"""
_MONTHS = """
select period_end, value_to_date from indicator_values
where indicator_key = $1 and sector = $2 and period_type = 'month' and period_end <= $3
order by period_end
"""
# Whether a row counts on a day follows from what it is and its two dates. In the total a median takes the first
# placement of a person over all sectors.
_EVIDENCE = """
with judged as (
    select e.sector, e.subject_key, e.event_date, e.end_date, e.amount, e.is_unknown, e.reason as said, e.flag,
        e.source, e.file_sha256, e.row_number, e.tie_break, e.is_qualifying,
        coalesce(
            e.is_qualifying and e.event_date <= $3 and (e.end_date is null or e.end_date > $3), false
        ) as is_counted_somewhere,
        i.aggregation = 'median_of_first' and $2 = 'all' and not coalesce(e.is_first_for_person, false)
            as is_elsewhere
    from indicator_evidence as e
    inner join dim_indicator as i using (indicator_key)
    where e.indicator_key = $1 and ($2 = 'all' or e.sector = $2)
),
files as (
    select source, file_sha256, min(file_name) as file_name from load_reconciliation group by source, file_sha256
)
select j.sector, j.subject_key, j.event_date, j.end_date, j.amount, j.is_counted_somewhere and not j.is_elsewhere
    as is_counted, j.is_unknown,
    case
        when j.is_counted_somewhere and j.is_elsewhere then 'ELSEWHERE_FIRST'
        when j.is_counted_somewhere then null
        when not j.is_qualifying then j.said
        when j.event_date > $3 then 'AFTER_AS_OF'
        when j.end_date <= $3 then coalesce(j.said, 'ENDED')
        else 'NO_DATE'
    end as reason,
    j.flag, j.source, f.file_name, j.file_sha256, j.row_number
from judged as j
left join files as f on j.source = f.source and j.file_sha256 = f.file_sha256
order by is_counted desc, j.event_date, j.source, j.file_sha256, j.row_number, j.tie_break, j.sector
"""
_IDENTITY = f"""
select {_columns(Identity)} from indicator_identity where indicator_key = $1 and sector = $2
"""
_FILES = """
select r.source, min(s.source_name) as source_name, min(r.file_name) as file_name, r.file_sha256,
    max(r.data_through_date) as data_through_date, min(r.received_at) as received_at, min(r.state) as state,
    min(s.owner_name) as contact_name, min(s.owner_email) as contact_email
from load_reconciliation as r
left join source_freshness as s on r.source = s.source
group by r.source, r.file_sha256
"""
_DEFINITION = "select definition, unknown_definition, owner, aggregation from dim_indicator where indicator_key = $1"


def explain(settings: Settings, indicator: str, sector: str = "all", as_of: date | None = None) -> Explanation:
    """Everything behind one figure.

    Args:
        settings: where the published marts are.
        indicator: an indicator key.
        sector: ``all`` or a sector key.
        as_of: an earlier day; the newest period that had ended by then is shown, and every row as it stood at its end.

    Raises:
        UnknownIndicator: with the names that there are.
        NotPublished: before the first night.
        MartsOutdated: after an upgrade, until the next build.
    """
    with open_marts(settings) as connection:
        known = _keys(connection)
        if indicator not in known:
            raise UnknownIndicator(f"no indicator {indicator!r}; there are: {', '.join(known)}")
        value = _value(connection, indicator, sector, as_of)
        if value is None:
            raise UnknownIndicator(f"{indicator} has no figure for sector {sector!r} on that day; try `--sector all`")
        (said,) = rows(connection, _DEFINITION, [indicator])
        evidence = _evidence(connection, value)
        identity = rows(connection, _IDENTITY, [indicator, sector]) if value.period_type == "to_date" else []
        waiting = not_in_evidence(connection, settings, indicator, sector)
        months = rows(connection, _MONTHS, [indicator, sector, value.period_end])
        named = {(row.source, row.file_sha256) for row in evidence}
        named |= {(row.source, row.file_sha256) for row in waiting.rows}
        named |= {(file.source, file.file_sha256) for file in waiting.files}
        return Explanation(
            value=value,
            definition=str(said["definition"]),
            unknown_definition=_text(said["unknown_definition"]),
            owner=_text(said["owner"]),
            count=_count(value, str(said["aggregation"]), evidence),
            months=[Month(**month) for month in months],  # type: ignore[arg-type]
            identity=Identity(**identity[0]) if identity else None,  # type: ignore[arg-type]
            by_source=_by_source(evidence),
            left_out=_left_out(evidence),
            not_in_evidence=waiting,
            files=_files(connection, named),
            evidence=evidence,
        )


def explain_all(settings: Settings, sector: str = "all") -> Summaries:
    """Every figure of a sector to date, without its rows.

    Raises:
        UnknownIndicator: where no indicator has a figure for the sector.
        NotPublished: before the first night.
        MartsOutdated: after an upgrade, until the next build.
    """
    found = []
    with open_marts(settings) as connection:
        for indicator in _keys(connection):
            value = _value(connection, indicator, sector, None)
            if value is None:
                continue
            (said,) = rows(connection, _DEFINITION, [indicator])
            evidence = _evidence(connection, value)
            count = _count(value, str(said["aggregation"]), evidence)
            found.append(Summary(value, str(said["definition"]), count, _left_out(evidence)))
    if not found:
        raise UnknownIndicator(f"no indicator has a figure for sector {sector!r}; try `--sector all`")
    return Summaries(sector, found)


def _keys(connection: duckdb.DuckDBPyConnection) -> list[str]:
    query = "select indicator_key from indicator_values group by 1 order by min(display_order), 1"
    return [str(row["indicator_key"]) for row in rows(connection, query)]


def _value(connection: duckdb.DuckDBPyConnection, indicator: str, sector: str, as_of: date | None) -> Value | None:
    found = rows(connection, _VALUE, [indicator, sector, as_of])
    return Value(**found[0]) if found else None  # type: ignore[arg-type]


def _evidence(connection: duckdb.DuckDBPyConnection, value: Value) -> list[EvidenceRow]:
    found = rows(connection, _EVIDENCE, [value.indicator_key, value.sector, value.period_end])
    return [EvidenceRow(**row) for row in found]  # type: ignore[arg-type]


def _count(value: Value, aggregation: str, evidence: list[EvidenceRow]) -> Count:
    """Reckon the value anew from the rows, by the catalogue's aggregation and in exact numbers."""
    counted = [row for row in evidence if row.is_counted]
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for row in counted:
        amounts[str(row.subject_key)].append(row.amount or Decimal(0))
    numerator = denominator = None
    recount: Decimal | None = Decimal(len(amounts))
    if aggregation == "exists":
        recount = Decimal(min(1, len(amounts)))
    elif aggregation == "percent_of_subjects":
        denominator = len(amounts)
        numerator = sum(1 for of_subject in amounts.values() if max(of_subject) == 1)
        recount = _rounded(Decimal(100 * numerator) / denominator) if denominator else None
    elif aggregation == "median_of_first":
        wages = [row.amount for row in counted if row.amount is not None]
        denominator = len(amounts)
        recount = _rounded(median(wages)) if wages else None
    # too few to show a share of is a rule of the marts, and no other number
    recount = None if value.value_reason is not None or recount is None else _rounded(recount)
    return Count(
        aggregation, len(counted), len(amounts), numerator, denominator, recount, agrees=recount == value.value_to_date
    )


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _by_source(evidence: list[EvidenceRow]) -> list[FromSource]:
    grouped: dict[str, list[EvidenceRow]] = defaultdict(list)
    for row in evidence:
        grouped[row.source].append(row)
    found = []
    for source, group in sorted(grouped.items()):
        counted = [row for row in group if row.is_counted]
        found.append(FromSource(source, len(group), len(counted), len({row.subject_key for row in counted})))
    return found


def _left_out(evidence: list[EvidenceRow]) -> list[LeftOut]:
    counts = Counter(str(row.reason) for row in evidence if not row.is_counted)
    subjects: dict[str, set[str]] = defaultdict(set)
    for row in evidence:
        if not row.is_counted and row.subject_key is not None:
            subjects[str(row.reason)].add(row.subject_key)
    found = []
    for reason, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        words = reason_words(reason)
        found.append(LeftOut(reason, n, len(subjects[reason]), words.meaning, words.what_would_count))
    return found


def _files(connection: duckdb.DuckDBPyConnection, wanted: set[tuple[str, str]]) -> list[EvidenceFile]:
    known = {(row["source"], row["file_sha256"]): row for row in rows(connection, _FILES)}
    found = []
    for source, digest in sorted(wanted):
        blank = dict.fromkeys(("source_name", "file_name", "data_through_date", "received_at", "state"))
        blank |= dict.fromkeys(("contact_name", "contact_email")) | {"source": source, "file_sha256": digest}
        row = blank | known.get((source, digest), {})
        found.append(EvidenceFile(**row, landing_path=f"landing/{source}/{digest}"))  # type: ignore[arg-type]
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)
