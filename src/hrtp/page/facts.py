"""What the page says, as the marts have it: no words of the page, no formats, no layout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

#: A figure of people behind which stand fewer is not drawn for the public: a median of one wage is that wage.
PUBLIC_FLOOR = 11
#: The sector of a program's total.
ALL = "all"


@dataclass(frozen=True)
class Month:
    """A figure as it stood at the end of a month; ``value`` is None for a ``reason``."""

    end: date
    value: Decimal | None
    reason: str | None
    meets_target: bool | None
    n_persons: int | None = None


@dataclass(frozen=True)
class Figure:
    """One indicator to date, of the program or of one sector; ``months`` in their order."""

    sector: str
    value: Decimal | None
    reason: str | None
    baseline: Decimal | None
    target: Decimal | None
    target_scope: str | None
    attainment: Decimal | None
    meets_target: bool | None
    is_stale: bool
    n_unknown: int
    numerator: int | None
    denominator: int | None
    data_through: date | None
    sectors_covered: int | None
    sectors_meeting: int | None
    months: tuple[Month, ...] = ()

    @property
    def met_since(self) -> date | None:
        """End of the first month of the run that has met the target up to now; None where it is unmet."""
        since = None
        for month in reversed(self.months):
            if not month.meets_target:
                break
            since = month.end
        return since if self.meets_target else None

    @property
    def last_met(self) -> date | None:
        """End of the last month that met a target which is unmet now."""
        met = [month.end for month in self.months if month.meets_target]
        return met[-1] if met and not self.meets_target else None

    @property
    def gap(self) -> Decimal | None:
        """Figure minus target, in the indicator's unit; none where the target is each sector's."""
        if self.value is None or self.target is None or self.target_scope == "each_sector":
            return None
        return self.value - self.target


@dataclass(frozen=True)
class Doubt:
    """What a figure would be if none, or all, of the undecided pairs of records were one person."""

    value: Decimal | None
    if_none_merged: Decimal | None
    if_all_merged: Decimal | None
    n_pairs: int
    is_in_doubt: bool


@dataclass(frozen=True)
class Companion:
    """A reading that stands beside an indicator."""

    key: str
    name: str
    unit: str
    value: Decimal | None
    reason: str | None
    numerator: int | None
    denominator: int | None
    n_unknown: int
    target: Decimal | None
    meets_target: bool | None
    definition: str


@dataclass(frozen=True)
class Indicator:
    """One indicator of the charter or of the Treasury, with its total and, for staff, its sectors."""

    key: str
    charter_number: int | None
    name: str
    charter_wording: str
    unit: str
    definition: str
    unknown_definition: str | None
    is_applicable: bool
    objective: str | None
    total: Figure
    sectors: tuple[Figure, ...] = ()
    doubt: Doubt | None = None
    companions: tuple[Companion, ...] = ()


@dataclass(frozen=True)
class Source:
    """How a partner's data stand: ``ok late stale held rejected``."""

    name: str
    state: str
    data_through: date | None


@dataclass(frozen=True)
class TractList:
    """A list behind the priority areas; ``origin`` is ``sample`` where no published one was dropped in."""

    name: str
    origin: str
    publisher: str
    vintage: str
    is_refused: bool


@dataclass(frozen=True)
class Facts:
    """One night of the scorecard. ``sectors`` names them by key; ``samples`` of ``n_files`` files are synthetic."""

    as_of: date
    content_id: str
    indicators: tuple[Indicator, ...]
    sectors: dict[str, str]
    sources: tuple[Source, ...]
    lists: tuple[TractList, ...]
    n_sectors: int = 0
    n_files: int = 0
    n_samples: int = 0
    is_public: bool = False


def for_the_public(facts: Facts) -> Facts:
    """The program's totals alone: no sector's figures, and no month of fewer than ``PUBLIC_FLOOR`` people."""
    return replace(
        facts, is_public=True, indicators=tuple(_public(indicator) for indicator in facts.indicators), sectors={}
    )


def _public(indicator: Indicator) -> Indicator:
    months = tuple(_floored(month) for month in indicator.total.months)
    return replace(
        indicator,
        sectors=(),
        total=replace(indicator.total, months=months),
        companions=tuple(c for c in indicator.companions if c.key != "sector_overlap"),
    )


def _floored(month: Month) -> Month:
    if month.n_persons is not None and 0 < month.n_persons < PUBLIC_FLOOR:
        return replace(month, value=None, reason="FEW_PEOPLE", meets_target=None, n_persons=None)
    return month
