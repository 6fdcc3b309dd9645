"""Wages whose median is the published one in every block, and so in any number of blocks.

Of the 147 first qualifying placements of a block six give no wage; of the others 70 are below, one is at and 70 are
above the median. The neighbours of the median are far enough that a single wrong row moves it by a cent or more.
"""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal

from hrtp.samples.rows import Values

MEDIAN = Decimal("20.15")
KNOWN, MISSING = 141, 6
_BELOW = (1_790, 2_009)  # cents
_ABOVE = (2_021, 3_600)
_UNDER_MINIMUM = Decimal("15.75")  # loads with a warning
#: Hourly wages of placements that must not be looked at: above the median, so that looking moves it.
STRAY = Decimal("38.40")

_CENT = Decimal("0.01")
_WEEKS = 52


def block_wages(rng: random.Random) -> list[Decimal]:
    """USD an hour, one for each first qualifying placement with a wage, in random order."""
    side = KNOWN // 2
    below = [Decimal(rng.randint(*_BELOW)) / 100 for _ in range(side - 1)] + [_UNDER_MINIMUM]
    above = [Decimal(rng.randint(*_ABOVE)) / 100 for _ in range(side)]
    wages = [*below, MEDIAN, *above]
    rng.shuffle(wages)
    return wages


def wage_values(hourly: Decimal | None, style: int) -> Values:
    """The wage as a partner writes it, by the hour, week, month or year; it comes back to ``hourly`` exactly."""
    hours = ("40", "36", None, "32", "40", "38")[style % 6]
    if hourly is None:
        return {"wage_amount": None, "wage_unit": None, "hours_per_week": hours}
    worked = int(hours or "40")
    unit = "year" if hourly == MEDIAN else ("hour", "hour", "week", "month", "hour", "year")[style % 6]
    if unit == "month" and (hourly * worked * _WEEKS / 12) % _CENT:
        unit = "hour"  # a month's pay would not be whole cents
    yearly = Decimal(worked * _WEEKS)
    factors = {"hour": Decimal(1), "week": Decimal(worked), "month": yearly / 12, "year": yearly}
    amount = (hourly * factors[unit]).quantize(_CENT, ROUND_HALF_UP)
    return {"wage_amount": str(amount), "wage_unit": unit, "hours_per_week": hours}


def median(wages: dict[Decimal, int]) -> Decimal | None:
    """Median of ``wages`` (wage: how often), the mean of the middle two rounded half up to cents; None of none."""
    total = sum(wages.values())
    if total == 0:
        return None
    wanted = ((total - 1) // 2, total // 2)
    middle: list[Decimal] = []
    passed = 0
    for wage in sorted(wages):
        passed += wages[wage]
        middle += [wage for position in wanted[len(middle) :] if position < passed]
        if len(middle) == len(wanted):
            break
    return (sum(middle, Decimal(0)) / 2).quantize(_CENT, ROUND_HALF_UP)
