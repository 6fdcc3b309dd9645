"""Bars and lines: what they show, and that they are left out where nobody could see them."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal

import pytest
from rich.console import Console

from hrtp.cli.app import console as cli_console
from hrtp.pictures import Part, bar, can_draw, sparkline, stacked
from hrtp.scorecard import Scorecard, ScorecardLine, scorecard_view
from hrtp.status import Delivery, SourceState, status_view

CONTROL = re.compile(r"\x1b\[[0-9;]*m")
DRAWN = "█▓▒░▁▂▃▄▅▆▇┃"

LINE = ScorecardLine(
    indicator_key="workers_enrolled",
    charter_number=3,
    name="Workers enrolled in sectoral job training programs",
    unit="persons",
    value_to_date=Decimal(213),
    value_reason=None,
    baseline=Decimal(338),
    target=Decimal(450),
    target_scope="program",
    attainment=Decimal("0.4733"),
    meets_target=False,
    is_applicable=True,
    is_stale=False,
    n_unknown=0,
    sectors_meeting=None,
    as_of_date=date(2026, 9, 30),
    data_through_date=date(2026, 9, 30),
    value_if_none_merged=None,
    value_if_all_merged=None,
    is_in_doubt=False,
    n_review_pairs=0,
    months=tuple(Decimal(n) for n in (0, 10, 20, 40, 80, 120, 160, 180, 190, 200, 210, 213)),
)
STATE = SourceState(
    source="construction",
    state="late",
    reason="LATE: 9 days",
    last_file="services_20260921.csv",
    data_through_date=date(2026, 9, 21),
    days_since_data=9,
    rows_in=239,
    rows_loaded=232,
    rows_quarantined=4,
    rows_duplicate=2,
    rows_blank=1,
    deliveries=(Delivery(date(2026, 8, 31), 50), Delivery(date(2026, 9, 21), 239)),
)


class Screen(io.StringIO):
    """A stream that says that it is a terminal, in some encoding."""

    def __init__(self, encoding: str = "utf-8", *, is_terminal: bool = True) -> None:
        super().__init__()
        self._encoding, self._is_terminal = encoding, is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._is_terminal


def console(screen: Screen, width: int = 140, **environment: str) -> Console:
    return Console(file=screen, width=width, _environ={"TERM": "xterm-256color"} | environment)


def shown(screen: Screen, width: int = 140, **environment: str) -> str:
    to = console(screen, width, **environment)
    to.print(status_view([STATE]), scorecard_view(Scorecard([LINE], [])))
    return screen.getvalue()


def test_a_terminal_gets_pictures_in_colour() -> None:
    text = shown(Screen())
    assert any(re.match(r"\x1b\[(.*;)?3\d", code) for code in CONTROL.findall(text))
    assert {"█", "▓", "▁", "┃"} <= set(text)


@pytest.mark.parametrize(
    ("screen", "environment"),
    [
        (Screen(is_terminal=False), {}),
        (Screen(), {"TERM": "dumb"}),
        (Screen("ascii"), {}),
        (Screen("iso-8859-1"), {}),
        (Screen("cp1252"), {}),
    ],
    ids=["pipe or file", "dumb terminal", "ASCII", "Latin-1", "Windows-1252"],
)
def test_where_a_picture_cannot_be_seen_there_are_the_figures_alone(
    screen: Screen, environment: dict[str, str]
) -> None:
    assert not can_draw(console(screen, **environment))
    text = shown(screen, **environment)
    assert set(text).isdisjoint(DRAWN)
    for figure in ("construction", "late", "239", "232", "4", "213", "450", "47 %", "9"):
        assert figure in text


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_nothing_is_said_that_the_encoding_cannot_carry(encoding: str) -> None:
    assert shown(Screen(encoding)).encode(encoding)


def test_no_color_takes_the_colours_and_leaves_the_pictures() -> None:
    text = shown(Screen(), NO_COLOR="1")
    assert {"█", "▓", "▁", "┃"} <= set(text)
    assert not any(re.match(r"\x1b\[(.*;)?[349]\d", code) for code in CONTROL.findall(text))


@pytest.mark.parametrize("width", [140, 100, 80])
def test_every_line_fits_the_width_and_says_the_figures_and_the_worst(width: int) -> None:
    text = shown(Screen(), width, NO_COLOR="1")
    lines = [CONTROL.sub("", line).rstrip() for line in text.splitlines()]
    assert max(map(len, lines)) <= width
    for figure in ("construction", "late", "LATE:", "239", "213", "450", "47 %"):
        assert figure in text
    assert "…" not in text


def test_a_log_file_has_no_width_so_tables_are_whole_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Screen(is_terminal=False))
    assert cli_console().width == 150


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([None, None], ""),
        ([5], "▄"),
        ([3, 3, 3], "▄▄▄"),
        ([0, 7], "▁█"),
        ([7, 0], "█▁"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([None, 0, 7], " ▁█"),
        ([-2, 0], "▁█"),
        ([Decimal("20.10"), Decimal("20.15")], "▁█"),
    ],
)
def test_a_line_goes_from_the_lowest_to_the_highest(values: list[Decimal | int | None], line: str) -> None:
    assert sparkline(values) == line


@pytest.mark.parametrize(
    ("share", "mark", "drawn"),
    [
        ("0", None, "░░░░░░░░░░"),
        ("0.47", None, "████░░░░░░"),
        ("1", None, "██████████"),
        ("1.5", None, "██████████"),
        ("-1", None, "░░░░░░░░░░"),
        ("0.47", "0.75", "████░░░┃░░"),
        ("0.9", "0.75", "███████┃█░"),
        ("0.47", "1", "████░░░░░┃"),
        ("0.47", "1.2", "████░░░░░░"),
        ("0.47", "0", "████░░░░░░"),
    ],
)
def test_a_bar_is_full_at_the_target_and_marks_the_baseline(share: str, mark: str | None, drawn: str) -> None:
    assert bar(Decimal(share), 10, None if mark is None else Decimal(mark)).plain == drawn


@pytest.mark.parametrize(
    ("amounts", "drawn"),
    [
        ((0, 0, 0, 0), "··········"),
        ((10, 0, 0, 0), "██████████"),
        ((1000, 1, 0, 0), "█████████▓"),
        ((0, 5, 0, 0), "▓▓▓▓▓▓▓▓▓▓"),
        ((1, 1, 1, 1), "████▓▓▒▒░░"),
        ((97, 1, 1, 1), "███████▓▒░"),
    ],
)
def test_no_part_of_a_whole_disappears(amounts: tuple[int, ...], drawn: str) -> None:
    parts = [Part(amount, character, "") for amount, character in zip(amounts, "█▓▒░", strict=True)]
    assert stacked(parts, 10).plain == drawn
    assert stacked(parts, 10).cell_len == 10
