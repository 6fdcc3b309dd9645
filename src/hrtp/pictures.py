"""Bars and lines of characters, where the terminal can draw them; figures alone where it cannot.

Every picture stands beside the figures that it shows, so nothing is lost with it. A picture is a rich renderable that
looks at the console it is printed on: a pipe, a file, a dumb terminal and an encoding other than UTF get no picture.
``NO_COLOR`` leaves the pictures and takes the colours: their parts differ in shade as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

#: Narrower than this, a table leaves out what is said elsewhere.
WIDE, MIDDLE = 128, 100
_STEPS = "▁▂▃▄▅▆▇█"
_FULL, _EMPTY, _MARK = "█", "░", "┃"


def can_draw(console: Console) -> bool:
    """Whether block characters reach a person's eyes: a terminal that is not dumb, in a UTF encoding."""
    return (
        console.is_terminal
        and not console.is_dumb_terminal
        and not console.legacy_windows
        and console.encoding.lower().startswith("utf")
    )


@dataclass(frozen=True)
class Canvas:
    """What a console can show: ``draws`` pictures, and its width in columns."""

    draws: bool
    width: int


@dataclass(frozen=True)
class Fitted:
    """A view that is made for the console it is printed on."""

    make: Callable[[Canvas], RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Rich's protocol."""
        yield self.make(Canvas(can_draw(console), options.max_width))


def plain_table(title: str | None = None) -> Table:
    """A table that leaves its width to what is said: a rule under the heading, two blanks between columns."""
    return Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )


def sparkline(values: Sequence[Decimal | int | None]) -> str:
    """One character a value, from the lowest to the highest; a gap where there is none, level where all are equal."""
    known = [Decimal(value) for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    drawn = []
    for value in values:
        if value is None:
            drawn.append(" ")
        elif span == 0:
            drawn.append(_STEPS[3])
        else:
            drawn.append(_STEPS[int((Decimal(value) - low) * (len(_STEPS) - 1) / span)])
    return "".join(drawn)


def bar(share: Decimal, width: int, mark: Decimal | None = None) -> Text:
    """A bar that is full at 1; ``mark`` is a share at which a line stands (a baseline), left out at 0 and beyond 1."""
    filled = max(0, min(width, int(share * width)))
    style = "green" if share >= 1 else "yellow" if share >= Decimal("0.5") else "red"
    drawn = Text.assemble((_FULL * filled, style), (_EMPTY * (width - filled), "dim"))
    if mark is None or not 0 < mark <= 1:
        return drawn
    at = min(width - 1, int(mark * width))
    return Text.assemble(drawn[:at], (_MARK, "bold cyan"), drawn[at + 1 :])


@dataclass(frozen=True)
class Part:
    """A part of a whole: how much, and how it is drawn."""

    amount: int
    character: str
    style: str


def stacked(parts: Sequence[Part], width: int) -> Text:
    """Parts of a whole side by side; each that is not 0 gets a character at least, taken from the largest."""
    total = sum(part.amount for part in parts)
    if total == 0:
        return Text("·" * width, style="dim")
    cells = [max(1, part.amount * width // total) if part.amount else 0 for part in parts]
    largest = max(range(len(parts)), key=lambda number: parts[number].amount)
    cells[largest] += width - sum(cells)
    return Text.assemble(*((part.character * n, part.style) for part, n in zip(parts, cells, strict=True)))
