"""A figure that hangs on pairs under review says between what it lies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hrtp.scorecard import doubt_in_words


@pytest.mark.parametrize(
    ("figures", "unit", "pairs", "words"),
    [
        ((210, 213, 210), "persons", 4, "between 210 and 213 depending on 4 pairs under review"),
        ((0, 0, 1), "persons", 1, "between 0 and 1 depending on 1 pair under review"),
        (
            ("20.15", "20.15", "20.4"),
            "USD per hour",
            2,
            "between $20.15 and $20.40 depending on 2 pairs under review",
        ),
        (
            ("99.5", "99.5", "100"),
            "percent",
            2,
            "between 99.5 % and 100 % depending on 2 pairs under review",
        ),
        ((None, None, "25.5"), "USD per hour", 1, "none or $25.50 depending on 1 pair under review"),
    ],
)
def test_the_range_is_said_in_the_units_of_the_figure(
    figures: tuple[object, ...], unit: str, pairs: int, words: str
) -> None:
    values = [None if figure is None else Decimal(str(figure)) for figure in figures]
    assert doubt_in_words(values, unit, pairs) == words
