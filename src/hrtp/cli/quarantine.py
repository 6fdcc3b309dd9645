"""Rows that did not load, and what a partner is told of them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from hrtp.cli.app import AsJson, app, console, current_settings, show_json, show_summary

quarantine_app = typer.Typer(help="Rows that did not load, and why.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")


@quarantine_app.command("list")
def quarantine_list(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None, as_json: AsJson = False
) -> None:
    """List what did not load, of loaded, held and rejected files: row number, rule, what is wrong. Never a value.

    It reads raw and quarantine, so it works before anything is built or published.
    """
    from rich.table import Table

    from hrtp.feedback.listing import not_loaded

    found = not_loaded(current_settings(), source)
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo("nothing is in quarantine, held or rejected")
        return
    table = Table()
    table.add_column("source", no_wrap=True)
    table.add_column("entity", no_wrap=True)
    table.add_column("file", overflow="fold")
    table.add_column("is", no_wrap=True)
    table.add_column("row", justify="right", no_wrap=True)
    for heading in ("rule", "column", "what is wrong"):
        table.add_column(heading, overflow="fold")
    for row in found:
        cells = [
            row[k] for k in ("source", "entity", "file_name", "file_state", "row_number", "rule_id", "column_name")
        ]
        table.add_row(*(escape(str(cell or "")) for cell in (*cells, row["message"])))
    console().print(table)


@quarantine_app.command("feedback")
def quarantine_feedback(
    source: Annotated[str, typer.Argument(help="Source id.")],
    deliver: Annotated[bool, typer.Option("--deliver", help="Put it where the source's YAML says.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write what a partner is told about its files: a workbook and a CSV each, and an overview."""
    from hrtp.feedback import deliver_feedback, write_feedback

    settings = current_settings()
    result = write_feedback(source, settings)
    summary = result.summary()
    if deliver:
        summary["delivered"] = deliver_feedback(source, settings)
    if as_json:
        show_json(summary | {"folder": settings.feedback / source})
        return
    show_summary(summary, as_json=False)
    typer.echo(f"feedback is in {settings.feedback / source}")
