"""The fixed order of checks over one file: file -> columns -> values -> duplicates -> logic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from hrtp.contracts import EntityContract, Rule, RuleFamily, helper_column
from hrtp.gate.applicable import applicable_rules
from hrtp.gate.drift import drift_warnings
from hrtp.gate.engine import Outcome, columns_of, validate
from hrtp.gate.errors import GateError
from hrtp.gate.helpers import HelperInput, calculate
from hrtp.gate.result import ROW_NUMBER, Finding, GateResult
from hrtp.gate.sink import DocsSink
from hrtp.sources import SourceConfig

READ_ISSUE = "_read_issue"
VALUE_ISSUES = "_value_issues"
ISSUE_SUFFIX = "__issue"
_ISSUE_MARK = "="
_ISSUE_END = ";"
# The same calculation in every row, whatever column asks for it.
_SHARED_HELPERS = frozenset({"data_through"})


def run_gate(
    frame: pd.DataFrame,
    contract: EntityContract,
    source: SourceConfig,
    *,
    data_through: dt.date,
    received_date: dt.date,
    docs: DocsSink | None = None,
    hold_share: float | None = None,
    hold_rows: int | None = None,
) -> GateResult:
    """Check the rows of one file of one entity.

    Args:
        frame: what the reader made of the file: contract columns as text or missing, ``row_number``, ``_read_issue``
            and ``<column>__issue``. It is not changed.
        contract: the entity's contract.
        source: the partner: its kind, its sector, and whether it may send an empty list.
        data_through: the day the export runs through; ages and future events are judged by it.
        received_date: the day the file came in; it dates the Data Docs page.
        docs: where the validation results for Data Docs go; ``None`` keeps none.
        hold_share: hold the file where a larger share of its rows is quarantined; the catalogue has the default.
        hold_rows: ... and at least so many rows are.

    Raises:
        GateError: a rule could not be evaluated.
    """
    run = _Run(frame, contract, source, data_through)
    result = run.judge()
    parameters = contract.parameters
    share = float(parameters.hold_quarantine_share) if hold_share is None else hold_share
    least = parameters.hold_quarantine_rows if hold_rows is None else hold_rows
    bad = len(result.quarantined)
    if result.rejected is None and bad >= least and bad > share * len(frame):
        result.held = "HELD_QUARANTINE_SHARE"
        result.detail = f"{bad} of {len(frame)} rows are in quarantine, more than {share:.0%}"
    if docs is not None:
        docs.write(contract, run.outcomes, rows=len(frame), data_through=data_through, received_date=received_date)
    return result


@dataclass
class _Run:
    frame: pd.DataFrame
    contract: EntityContract
    source: SourceConfig
    data_through: dt.date
    outcomes: list[Outcome] = field(default_factory=list)
    helpers_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    warned: list[tuple[int, str, str]] = field(default_factory=list)

    def judge(self) -> GateResult:
        result = GateResult(rows=len(self.frame))
        rules = applicable_rules(self.contract, self.source, self.frame)
        work = self.frame.copy(deep=False)
        work = self._file_stage(work, [rule for rule in rules if rule.stage in ("file", "columns")], result)
        if result.rejected is not None or work.empty:
            return result
        result.warnings.update(drift_warnings(work, self.contract, self.source))
        work[VALUE_ISSUES] = _joined_issues(work, self.contract)
        for stage_rules in self._row_stages(rules):
            work = self._stage(work, stage_rules, result)
        result.findings.sort(key=lambda finding: finding.row_number)
        result.duplicates.sort()
        self._count_warnings(result)
        return result

    def _row_stages(self, rules: Sequence[Rule]) -> Iterable[list[Rule]]:
        """The values that the reader refused stand with the other values."""
        yield [_issue_rule(VALUE_ISSUES), *(rule for rule in rules if rule.stage == "values")]
        yield [rule for rule in rules if rule.stage == "duplicates"]
        yield [rule for rule in rules if rule.stage == "logic"]

    def _file_stage(self, work: pd.DataFrame, rules: Sequence[Rule], result: GateResult) -> pd.DataFrame:
        """Judge the file and its columns, and set aside the rows that the reader refused as a whole."""
        *of_file, of_rows = self._validate(work, [*rules, _issue_rule(READ_ISSUE)])
        for outcome in of_file:
            if not outcome.success:
                result.rejected = outcome.rule.id
                result.detail = _file_detail(outcome, self.frame)
                return work
        if of_rows.success:
            return work
        refused = self._issue_findings(of_rows, work, result)
        return work[~work[ROW_NUMBER].isin(refused)]

    def _stage(self, work: pd.DataFrame, rules: Sequence[Rule], result: GateResult) -> pd.DataFrame:
        """Run one stage and give the rows that go on to the next."""
        if not rules or work.empty:
            return work
        leave: set[int] = set()
        outcomes = self._validate(work, rules)
        for outcome in outcomes:
            if outcome.success:
                continue
            if outcome.rule.id == "EXACT_DUPLICATE":
                result.duplicates.extend(outcome.row_numbers)
                leave.update(outcome.row_numbers)
            elif outcome.rule.columns == (VALUE_ISSUES,):
                leave.update(self._issue_findings(outcome, work, result))
            else:
                family = self.contract.catalogue[outcome.rule.id]
                leave.update(self._record(result, family, outcome.rule.column, outcome.row_numbers, work))
        return work[~work[ROW_NUMBER].isin(leave)] if leave else work

    def _validate(self, work: pd.DataFrame, rules: Sequence[Rule]) -> list[Outcome]:
        outcomes = validate(self._with_helpers(work, rules), rules)
        self.outcomes.extend(outcomes)
        return outcomes

    def _with_helpers(self, work: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
        """The frame with the calculated columns, and blank ones where the file lacks what a rule looks at."""
        work = work.copy(deep=False)
        for rule in rules:
            if rule.helper is not None:
                self._add_helper(work, rule, rule.helper, helper_column(rule.helper))
            for name in columns_of(rule):
                if name not in work:
                    work[name] = pd.Series(None, index=work.index, dtype=object)
        return work

    def _add_helper(self, work: pd.DataFrame, rule: Rule, helper: str, column: str) -> None:
        if helper not in _SHARED_HELPERS and self.helpers_of.setdefault(helper, rule.columns) != rule.columns:
            raise GateError(f"{helper} is asked for two sets of columns of {self.contract.entity}")
        if column not in work:
            work[column] = calculate(helper, HelperInput(work, self.contract, rule.columns, self.data_through))

    def _issue_findings(self, outcome: Outcome, work: pd.DataFrame, result: GateResult) -> set[int]:
        """What the reader refused, by the reason that it noted: of the row, or of one value of it."""
        column = outcome.rule.columns[0]
        noted = work.loc[work[ROW_NUMBER].isin(outcome.row_numbers), [ROW_NUMBER, column]]
        leave: set[int] = set()
        for number, text in noted.itertuples(index=False):
            for part in str(text).split(_ISSUE_END):
                name, mark, code = part.rpartition(_ISSUE_MARK)
                family = self.contract.catalogue.get(code)
                if family is None:
                    raise GateError(f"the reader noted {code}, which the rule catalogue lacks")
                leave.update(self._record(result, family, name if mark else None, (int(number),), work))
        return leave

    def _record(
        self, result: GateResult, family: RuleFamily, column: str | None, numbers: Sequence[int], work: pd.DataFrame
    ) -> Sequence[int]:
        """Note a rule's rows; gives those that go to quarantine."""
        if family.id == "REQUIRED" and f"{column}{ISSUE_SUFFIX}" in work:
            # blank only because the reader refused the value, and that is noted already
            refused = set(work.loc[work[f"{column}{ISSUE_SUFFIX}"].notna(), ROW_NUMBER])
            numbers = [number for number in numbers if number not in refused]
        if family.severity == "error":
            result.findings.extend(Finding.of(number, family, column) for number in numbers)
            return numbers
        self.warned.extend((number, family.id, column or "") for number in numbers)
        return ()

    def _count_warnings(self, result: GateResult) -> None:
        """Warnings of the rows that load; a quarantined row has its reason already."""
        dropped = result.quarantined | set(result.duplicates)
        for number, rule_id, column in sorted(self.warned):
            if number not in dropped:
                result.warnings[rule_id, column] += 1
                result.row_warnings.setdefault(number, []).append(rule_id)


def _joined_issues(frame: pd.DataFrame, contract: EntityContract) -> pd.Series:
    """``column=CODE;column=CODE`` a row, missing where the reader took every value."""
    joined = pd.Series(None, index=frame.index, dtype=object)
    for name in contract.columns:
        issues = frame.get(f"{name}{ISSUE_SUFFIX}")
        if issues is None:
            continue
        hit = issues.notna()
        if hit.any():
            marked = name + _ISSUE_MARK + issues[hit].astype(str)
            before = joined[hit]
            joined[hit] = marked.where(before.isna(), before.astype(str) + _ISSUE_END + marked)
    return joined


def _issue_rule(column: str) -> Rule:
    """The expectation that the reader noted nothing in ``column``; the reason codes are its findings' ids."""
    return Rule(
        id=column.strip("_").upper(),
        version=1,
        severity="error",
        stage="values",
        columns=(column,),
        expectation="expect_column_values_to_be_null",
        message="The reader could not take the row or a value of it.",
        how_to_resolve="See the reason code of the row.",
    )


def _file_detail(outcome: Outcome, frame: pd.DataFrame) -> str:
    rule = outcome.rule
    if rule.id == "MISSING_COLUMN":
        nearest = frame.attrs.get("nearest", {})
        missing = [
            f"{name} (column {nearest[name]} of the file comes nearest)" if name in nearest else name
            for name in rule.columns
            if name not in frame
        ]
        return f"required columns are missing: {', '.join(missing)}"
    if outcome.row_numbers:
        share = f"{len(outcome.row_numbers)} of {len(frame)} rows, the first is row {min(outcome.row_numbers)}"
        return f"{rule.message} ({share})"
    return rule.message
