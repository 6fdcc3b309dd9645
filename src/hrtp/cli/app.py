"""What every command shares: the application, its options, its settings and its way to show things."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from hrtp.settings import Settings

app = typer.Typer(
    help="HRTP warehouse: partner exports in; every number the County owes, provable to the row, out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

By = Annotated[str | None, typer.Option("--by", help="Who decides; default the user who is logged in.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Day that the figures speak of.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; progress goes to stderr.")]


def main() -> None:
    """Entry point: an error of ours is one clear line and exit code 1."""
    from hrtp.errors import HrtpError, no_values_in_errors
    from hrtp.process import keep_private

    keep_private()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    try:
        with no_values_in_errors(HrtpError, "hrtp"):
            app()
    except HrtpError as error:
        typer.echo(f"hrtp: {error}", err=True)
        sys.exit(1)


def current_settings(**overrides: object) -> Settings:
    """The settings, as the environment has them."""
    from hrtp.settings import load_settings

    return load_settings(**overrides)


def console() -> Console:
    """Where tables go."""
    from rich.console import Console

    # a log file has no width of its own: keep the tables whole there
    return Console(width=None if sys.stdout.isatty() else 150)


def parse_day(text: str | None) -> date | None:
    """A day as typed, or None."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise typer.BadParameter("a day is written YYYY-MM-DD", param_hint="--as-of") from None


def echo(line: str) -> None:
    """Say a line of progress."""
    typer.echo(line)


def progress(*, as_json: bool) -> Callable[[str], None]:
    """Where progress is said: out of the way of the one document of ``--json``."""
    return echo_aside if as_json else echo


def echo_aside(line: str) -> None:
    """Say a line of progress on stderr."""
    typer.echo(line, err=True)


def show_json(document: object) -> None:
    """The one document of ``--json``: days as ISO text, decimals as text that no reader rounds, paths as text.

    Raises:
        TypeError: for anything else that JSON has no word for; how it is written must be decided, not guessed.
    """
    typer.echo(json.dumps(document, indent=1, default=_plain))


def show_summary(summary: dict[str, object], *, as_json: bool) -> None:
    """What a step did: on one line for a log, or as the document of ``--json``."""
    if as_json:
        show_json(summary)
    else:
        typer.echo(json.dumps(summary, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, date):  # a moment is a day as well
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
