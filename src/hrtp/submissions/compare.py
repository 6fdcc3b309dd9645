"""One file against the rows that its partner sent before. Counts, row numbers and column names; never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from hrtp.contracts import BetweenSubmissions, Condition, EntityContract
from hrtp.raw import Manifest
from hrtp.reading import EntityTable
from hrtp.submissions.persons import is_another_person, person_tokens

if TYPE_CHECKING:
    from hrtp.gate import Finding, GateResult

ISSUE_SUFFIX = "__issue"
_BEFORE = "__before"


@dataclass(frozen=True)
class Hold:
    """Why a file waits for an operator."""

    code: str
    detail: str


@dataclass(frozen=True)
class Earlier:
    """What is known from before.

    Attributes:
        rows: the last accepted writing of every key that stands in the last full export or in a delta after it.
        forgotten: likewise of keys of the new file that only older exports know; the person's columns matter.
        of_full: those of ``rows`` that the last accepted full export itself brought.
        full: that export; None where there was none.
    """

    rows: pd.DataFrame
    forgotten: pd.DataFrame
    of_full: pd.DataFrame | None
    full: Manifest | None


@dataclass
class Comparison:
    """``held`` is the first reason to wait; ``findings`` are rows for quarantine, ``noted`` rows to look at."""

    held: Hold | None = None
    findings: list[Finding] = field(default_factory=list)
    noted: list[tuple[int, str, str]] = field(default_factory=list)
    restated: dict[str, int] = field(default_factory=dict)

    @property
    def row_warnings(self) -> dict[int, list[str]]:
        """Codes by row number."""
        codes: dict[int, list[str]] = {}
        for number, code, _ in self.noted:
            codes.setdefault(number, []).append(code)
        return codes

    def warnings(self, dropped: set[int]) -> Counter[tuple[str, str]]:
        """Counts by (code, column) over the rows that load; of changed rows by column (code RESTATED)."""
        counts = Counter((code, column) for number, code, column in self.noted if number not in dropped)
        counts.update({("RESTATED", column): n for column, n in self.restated.items()})
        return counts


def compare(
    table: EntityTable, contract: EntityContract, gate: GateResult, earlier: Earlier | None, *, is_full: bool
) -> Comparison:
    """Apply the entity's ``between_submissions``; see ``Submissions.compare``."""
    checks = contract.between_submissions
    result = Comparison()
    if checks is None:
        return result
    frame = table.frame.loc[~table.frame["row_number"].isin(gate.duplicates)]
    holds = [_future_events(gate, contract, len(table.frame))]
    if earlier is not None:
        pairs = _pairs(frame, earlier.rows, contract)
        if is_full and earlier.of_full is not None and earlier.full is not None:
            holds += list(_whole_file(frame, earlier.of_full, earlier.full, contract, checks))
        holds.append(_another_person(frame, earlier, contract, checks, result))
        holds.append(_reversals(pairs, checks, result))
        holds.append(_moved_dates(pairs, checks, result))
        result.restated = _restated(pairs, contract)
    result.held = next((hold for hold in holds if hold is not None), None)
    return result


def _future_events(gate: GateResult, contract: EntityContract, rows: int) -> Hold | None:
    """Many events after the day in the file's name: it is the name that is wrong."""
    numbers = {f.row_number for f in gate.findings if f.rule_id == "FUTURE_EVENT"}
    parameters = contract.parameters
    if len(numbers) < parameters.hold_quarantine_rows or len(numbers) <= float(parameters.hold_quarantine_share) * rows:
        return None
    return Hold(
        "PERIOD_MISMATCH", f"{len(numbers)} of {rows} rows are dated after the day in the file's name; correct the name"
    )


def _whole_file(
    frame: pd.DataFrame, before: pd.DataFrame, full: Manifest, contract: EntityContract, checks: BetweenSubmissions
) -> Iterator[Hold | None]:
    key = list(contract.key)
    keys_now = set(map(tuple, frame[key].dropna().itertuples(index=False)))
    keys_before = set(map(tuple, before[key].itertuples(index=False)))
    gone = len(keys_before - keys_now)
    since = f"the export through {full.data_through_date:%Y-%m-%d}"
    if checks.person is not None:
        persons_before = person_tokens(before, checks.person)
        same = len(persons_before & person_tokens(frame, checks.person))
        if (
            gone >= checks.ids_at_least
            and gone > (1 - float(checks.ids_kept_share)) * len(keys_before)
            and same > float(checks.ids_persons_share) * len(persons_before)
        ):
            yield Hold(
                "ID_SCHEME_CHANGE",
                f"{gone} of {len(keys_before)} ids of {since} are gone, {same} of its persons are still there",
            )
    yield _older_content(frame, before, contract, checks, since)
    rows, rows_before = len(frame), full.rows_loaded + full.rows_quarantined
    if abs(rows - rows_before) >= checks.at_least_rows and not (
        float(checks.row_count_floor) * rows_before <= rows <= float(checks.row_count_ceiling) * rows_before
    ):
        yield Hold("HELD_VOLUME", f"{rows} rows, {since} had {rows_before}")
    if gone >= checks.at_least_rows and gone > float(checks.vanished_share) * len(keys_before):
        yield Hold("KEYS_VANISHED", f"{gone} of {len(keys_before)} keys of {since} are missing")


def _older_content(
    frame: pd.DataFrame, before: pd.DataFrame, contract: EntityContract, checks: BetweenSubmissions, since: str
) -> Hold | None:
    """An old export under a new name: its newest event is older than what was known already."""
    columns = [name for name, column in contract.columns.items() if column.event and name in frame]
    if not columns or min(len(frame), len(before)) < checks.at_least_rows:
        return None
    # dates are ISO text: the greatest text is the latest day
    latest, latest_before = ({v for c in columns for v in part[c].dropna()} for part in (frame, before))
    if not latest or not latest_before:
        return None
    days = (pd.Timestamp(max(latest_before)) - pd.Timestamp(max(latest))).days
    if days <= checks.moved_days:
        return None
    return Hold("PERIOD_MISMATCH", f"its newest event is {days} days older than that of {since}")


def _pairs(frame: pd.DataFrame, before: pd.DataFrame, contract: EntityContract) -> pd.DataFrame:
    """Rows of the file beside their last accepted writing (columns with the suffix ``__before``)."""
    key = list(contract.key)
    rows = frame.dropna(subset=key).drop_duplicates(key, keep=False)
    columns = [name for name in contract.columns if name not in key]
    old = before[[*key, *columns]].rename(columns={name: name + _BEFORE for name in columns})
    return rows.merge(old, on=key, how="inner", validate="one_to_one")


def _another_person(
    frame: pd.DataFrame, earlier: Earlier, contract: EntityContract, checks: BetweenSubmissions, result: Comparison
) -> Hold | None:
    from hrtp.gate import Finding

    if checks.person is None:
        return None
    pairs = pd.concat(
        [_pairs(frame, earlier.rows, contract), _pairs(frame, earlier.forgotten, contract)], ignore_index=True
    )
    hit = pairs.loc[is_another_person(pairs, checks.person, _BEFORE), "row_number"]
    family = contract.catalogue["IDENTITY_CONFLICT"]
    result.findings = [Finding.of(int(number), family, contract.key[0]) for number in sorted(hit)]
    if len(hit) >= checks.ids_at_least and len(hit) > float(checks.ids_reused_share) * len(pairs):
        return Hold("ID_SCHEME_CHANGE", f"{len(hit)} of {len(pairs)} known ids now carry another person")
    return None


def _reversals(pairs: pd.DataFrame, checks: BetweenSubmissions, result: Comparison) -> Hold | None:
    worst: list[str] = []
    for reversal in checks.forbidden_reversals:
        column = reversal.column
        if column not in pairs:
            continue
        was = _meets(pairs[column + _BEFORE], reversal.was)
        now = _meets(pairs[column], reversal.was) | _was_refused(pairs, column)
        numbers = pairs.loc[was & ~now, "row_number"]
        result.noted += [(int(number), "REVERSED", column) for number in sorted(numbers)]
        if len(numbers) >= reversal.at_least_rows and len(numbers) > float(reversal.share) * was.sum():
            worst.append(f"{len(numbers)} rows take back {column}")
    return Hold("FORBIDDEN_REVERSAL", "; ".join(worst)) if worst else None


def _moved_dates(pairs: pd.DataFrame, checks: BetweenSubmissions, result: Comparison) -> Hold | None:
    moved: set[int] = set()
    for column in checks.moved_dates:
        if column not in pairs:
            continue
        now, before = (pd.to_datetime(pairs[name], errors="coerce") for name in (column, column + _BEFORE))
        numbers = pairs.loc[(now - before).abs().dt.days > checks.moved_days, "row_number"]
        result.noted += [(int(number), "DATE_MOVED", column) for number in sorted(numbers)]
        moved.update(int(number) for number in numbers)
    if len(moved) < checks.moved_at_least_rows or len(moved) <= float(checks.moved_share) * len(pairs):
        return None
    return Hold(
        "DATES_MOVED", f"dates of {len(moved)} of {len(pairs)} known rows moved by over {checks.moved_days} days"
    )


def _restated(pairs: pd.DataFrame, contract: EntityContract) -> dict[str, int]:
    """Known rows that read otherwise than before, by column: the restatement report."""
    counts = {}
    for column, spec in contract.columns.items():
        if column in pairs and column + _BEFORE in pairs:
            now, before = pairs[column], pairs[column + _BEFORE]
            if spec.type == "decimal":  # 101.50 of a CSV is 101.5 of a workbook
                now, before = pd.to_numeric(now, errors="coerce"), pd.to_numeric(before, errors="coerce")
            changed = (now != before) & ~(now.isna() & before.isna()) & ~_was_refused(pairs, column)
            if changed.any():
                counts[column] = int(changed.sum())
    return counts


def _was_refused(pairs: pd.DataFrame, column: str) -> pd.Series:
    """A value that the reader could not take is unknown, and not taken back."""
    issues = pairs.get(column + ISSUE_SUFFIX)
    return issues.notna() if issues is not None else pd.Series(False, index=pairs.index)


def _meets(values: pd.Series, condition: Condition) -> pd.Series:
    if condition == "present":
        return values.notna()
    if condition == "blank":
        return values.isna()
    return values.isin(list(condition))
