"""Small nights of the scorecard page, made by hand: no warehouse, no marts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hrtp.page.facts import Doubt, Facts, Figure, Indicator, Month, Source, TractList

AS_OF = date(2026, 9, 30)
SECTORS = {"construction": "Construction", "healthcare": "Healthcare"}


def months(*values: object, target: int | None = None) -> tuple[Month, ...]:
    """Month ends up to September 2026 with these figures; None is no figure. Each counts as many persons."""
    found = []
    for number, value in enumerate(values):
        month = 9 - (len(values) - 1 - number)
        amount = None if value is None else Decimal(str(value))
        met = None if amount is None or target is None else amount >= target
        reason = "NO_WAGES" if amount is None else None
        n_persons = None if amount is None else int(amount)
        found.append(Month(date(2026, month, 28), amount, reason, met, n_persons))
    return tuple(found)


def figure(value: object = 213, **changes: Any) -> Figure:
    """A figure to date of the program; everything that it takes can be changed."""
    known = Figure(
        sector="all",
        value=None if value is None else Decimal(str(value)),
        reason=None,
        baseline=Decimal(338),
        target=Decimal(450),
        target_scope="program",
        attainment=None if value is None else Decimal(str(value)) / 450,
        meets_target=False,
        is_stale=False,
        n_unknown=0,
        numerator=None,
        denominator=None,
        data_through=AS_OF,
        sectors_covered=2,
        sectors_meeting=None,
        months=months(0, 40, 120, 213, target=450),
    )
    return replace(known, **changes)


def indicator(total: Figure | None = None, **changes: Any) -> Indicator:
    """Workers enrolled, in the words of the catalogue."""
    known = Indicator(
        key="workers_enrolled",
        charter_number=3,
        name="Workers enrolled in sectoral job training programs",
        charter_wording="Number of Workers Enrolled in Sectoral Job Training Programs",
        unit="persons",
        definition="Persons who completed a training of all enrolled persons. The charter promises 85 %, and calls "
        "380 of 450 so, which is 84.4 %.",
        unknown_definition=None,
        is_applicable=True,
        objective="Open apprenticeship pathways",
        total=total or figure(),
        sectors=(figure(100, sector="construction"), figure(113, sector="healthcare")),
        doubt=Doubt(Decimal(213), Decimal(213), Decimal(213), 0, False),
    )
    return replace(known, **changes)


def facts(*indicators: Indicator, **changes: Any) -> Facts:
    """A night of these indicators, of real files and a real list of tracts."""
    known = Facts(
        as_of=AS_OF,
        content_id="0123456789abcdef",
        indicators=indicators or (indicator(),),
        sectors=SECTORS,
        sources=(Source("Healthcare sector intermediary", "ok", AS_OF),),
        lists=(TractList("tract_priority", "published", "the County", "2025", False),),
        n_sectors=2,
        n_files=3,
        n_samples=0,
    )
    return replace(known, **changes)
